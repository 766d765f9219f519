package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"

	"cslack-stream/internal/engine/sqlitedb"
)

// Suffix is what the names of event files end with that are named by us. What
// is damaged under another name is left alone when it is opened: it may be no
// event file at all.
const Suffix = "-cslack-events.db"

// errBegunAnew says that the file was damaged or gone.
var errBegunAnew = errors.New("the event file was begun anew")

// errGone says that what is open is not what is at the path.
var errGone = errors.New("the event file was removed or replaced; the next change finds what is there")

// isDamage reports whether err means that a file can not be trusted.
func isDamage(err error) bool { return sqlitedb.IsNotADatabase(err) }

// failed says what failed, and remembers damage.
func (l *Log) failed(what string, err error) error {
	if isDamage(err) {
		l.damage.Store(&err)
	}
	if sqlitedb.Code(err) != 0 {
		return fmt.Errorf("%s (%s): %w", what, l.opts.Path, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// Trouble tells that the file is damaged. Whoever loads or appends next sets it
// aside. It is safe to call at any time.
func (l *Log) Trouble() error {
	if err := l.damage.Load(); err != nil && !l.opts.ReadOnly {
		return fmt.Errorf("the event file %s is damaged: %w: it is set aside, and a new epoch begins, with the next change", l.opts.Path, *err)
	}
	return nil
}

// renew begins the file anew if it is damaged, or not at its path any more,
// and reports whether it did. Nobody else would find what is written to a file
// without a name. The log then stands nowhere, or where the file that has
// taken its place does.
func (l *Log) renew(ctx context.Context) (bool, error) {
	if l.opts.ReadOnly {
		return false, nil
	}
	damage := l.damage.Load()
	switch {
	case l.gone():
		l.opts.Logger.Warn("the event file was removed or replaced; opening what is there", slog.String("file", l.opts.Path))
	case damage != nil:
		if err := l.setAside(ctx, *damage); err != nil {
			return false, err
		}
	default:
		return false, nil
	}
	return true, l.open(ctx)
}

// gone reports whether the file that is open is not at its path any more.
func (l *Log) gone() bool {
	info, err := os.Stat(l.opts.Path)
	return errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(info, l.file)
}

// setAside renames a damaged file, with what SQLite keeps beside it. As long
// as it is open, SQLite knows that it has moved, and touches nothing at the
// old path.
func (l *Log) setAside(ctx context.Context, damage error) error {
	aside := l.opts.Path + ".corrupt-" + l.opts.Now().UTC().Format("20060102-150405")
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Rename(l.opts.Path+suffix, aside+suffix); err != nil && (suffix == "" || !errors.Is(err, fs.ErrNotExist)) {
			return fmt.Errorf("set aside damaged event file: %w", err)
		}
	}
	l.opts.Logger.WarnContext(ctx, "the event file is damaged; it was set aside, and a new epoch begins", slog.String("aside", aside), slog.Any("error", damage))
	return nil
}
