package sqlite_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"cslack-stream/internal/engine/backend"
	"cslack-stream/internal/engine/backend/sqlite"
)

// BenchmarkLog_Expire removes and archives slices of many expired events, some
// of which are kept for longer: what an append may have to wait for.
func BenchmarkLog_Expire(b *testing.B) {
	for _, keep := range []backend.Archiving{{}, {Enabled: true}} {
		b.Run(fmt.Sprintf("archive=%t", keep.Enabled), func(b *testing.B) {
			const slice = 100
			log, err := sqlite.Open(b.Context(), sqlite.Options{Path: filepath.Join(b.TempDir(), "events.db"), Archiving: keep})
			if err != nil {
				b.Fatal(err)
			}
			defer log.Close()
			fill(b, log.Path(), max(200_000, b.N*slice))
			slowest := time.Duration(0)
			for b.Loop() {
				begun := time.Now()
				n, err := log.Expire(b.Context(), time.Now(), slice)
				if err != nil || n != slice {
					b.Fatalf("expired %d, %v, want %d", n, err, slice)
				}
				slowest = max(slowest, time.Since(begun))
			}
			b.ReportMetric(slowest.Seconds()*1e3, "slowest-ms")
		})
	}
}

// fill puts n expired events into an event file.
func fill(tb testing.TB, path string, n int) {
	exec(tb, path, fmt.Sprintf(`WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i<%d)
INSERT INTO event_stream(event_type,entity_type,entity_id,channel_id,project_id,payload,created_at,expires_at,processed,change_id)
SELECT 'message.new','message',i,'general','p',printf('{"id":%%d,"content":"%%s"}',i,hex(zeroblob(120))),strftime('%%Y-%%m-%%d %%H:%%M:%%f','now','-9 days'),strftime('%%Y-%%m-%%d %%H:%%M:%%f','now','-2 days'),1,i FROM c`, n))
}
