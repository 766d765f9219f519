#!/usr/bin/env python3
"""Writes into a Claude-Slack database the way Claude-Slack does.

The benchmarks and tests use it as the second process: another language and
another SQLite library than ours, with the host's connection habits. It needs
the standard library only.

    writer.py schema    --db PATH --schema FILE   make a database from SQL
    writer.py seed      --db PATH                 a project, agents, a channel
    writer.py reconnect --db PATH --messages N    new connections for every message
    writer.py bulk      --db PATH --messages N    one connection, large transactions
    writer.py paced     --db PATH --rate R        R messages a second, with commit times
    writer.py chaos     --db PATH --messages N    rollbacks, savepoints, failing statements
    writer.py open      --db PATH --messages N    connects and reads once, N times
    writer.py commits   --db PATH --rate R        R messages a second until its input ends, with what each took

The last line of standard output is one JSON object: what was written, wall
and CPU seconds. paced prints "id commit_return_ns" for every message before
it: the nanosecond of the wall clock at which COMMIT had returned. commits
prints the microseconds that each message and its COMMIT took. chaos prints
one JSON object for every committed transaction, after its COMMIT returned.
"""

import argparse
import json
import os
import random
import resource
import select
import signal
import sqlite3
import sys
import time

PROJECT = "b3e4a1f05c6d7e8f90a1b2c3d4e5f607"
CHANNEL = "proj_b3e4a1f0:bench"

REGISTER = """INSERT OR REPLACE INTO agents
    (name, project_id, description, dm_policy, discoverable,
     status, current_project_id, metadata, last_active)
    VALUES (?, ?, NULL, 'open', 'public', 'online', NULL, NULL, ?)"""

MESSAGE = """INSERT INTO messages
    (channel_id, sender_id, sender_project_id, content, metadata, thread_id, confidence, timestamp)
    VALUES (?, ?, ?, ?, ?, NULL, NULL, ?)"""

JOIN = """INSERT OR REPLACE INTO channel_members
    (channel_id, agent_name, agent_project_id, invited_by, source,
     can_leave, can_send, can_invite, can_manage, is_from_default, joined_at)
    VALUES (?, ?, ?, 'self', 'manual', 1, 1, 1, 0, 0, ?)"""

LEAVE = """DELETE FROM channel_members WHERE channel_id = ? AND agent_name = ?
    AND agent_project_id IS ?"""

EDIT = "UPDATE messages SET content = ?, is_edited = TRUE, edited_at = ? WHERE id = ?"

DELETE = """UPDATE messages SET content = '[Message deleted]', is_edited = TRUE, edited_at = ?,
    metadata = json_set(COALESCE(metadata, '{}'), '$.deleted', true, '$.deleted_by', ?, '$.deleted_at', ?)
    WHERE id = ?"""

STATUS = "UPDATE agents SET status = ?, last_active = ? WHERE name = ? AND project_id IS ?"


def connect(path, explicit=False):
    """Opens path as the host does: never creating it, synchronous as built
    (FULL). Python begins a transaction by itself before the first statement
    that writes; with explicit, only BEGIN does.

    The difference matters on a busy database. Preparing the first INSERT reads
    the full-text index's settings. Behind an explicit BEGIN that read stays
    open, and SQLite then refuses to wait for another writer's lock: it fails
    at once, whatever the timeout. Python prepares before it begins."""
    level = None if explicit else "DEFERRED"
    db = sqlite3.connect("file:%s?mode=rw" % quote(path), uri=True, isolation_level=level)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA busy_timeout=5000")
    db.execute("PRAGMA foreign_keys=ON")
    return db


def quote(path):
    """Escapes what has a meaning in a file URI."""
    return path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")


class Meter:
    """Wall and CPU time since it was made."""

    def __init__(self):
        self.wall = time.perf_counter()
        self.cpu = self._cpu()

    @staticmethod
    def _cpu():
        use = resource.getrusage(resource.RUSAGE_SELF)
        return use.ru_utime, use.ru_stime

    def report(self, **more):
        """Prints the closing line."""
        wall = time.perf_counter() - self.wall
        user, system = (b - a for a, b in zip(self.cpu, self._cpu()))
        out = {
            "wall_s": round(wall, 6),
            "cpu_s": round(user + system, 6),
            "user_s": round(user, 6),
            "sys_s": round(system, 6),
            "sqlite": sqlite3.sqlite_version,
        }
        out.update(more)
        print(json.dumps(out), flush=True)


def text(number, size):
    """The content of message number: the number first, then words up to size."""
    head = "seq %d " % number
    words = "the quick brown fox reviews the change and asks for one more test "
    return (head + words * (size // len(words) + 1))[: max(size, len(head))]


# --- modes -------------------------------------------------------------------


def schema(args):
    """Makes a database. It refuses one that exists."""
    if os.path.exists(args.db):
        sys.exit("writer.py: %s exists" % args.db)
    with open(args.schema, encoding="utf-8") as file:
        sql = file.read()
    meter = Meter()
    db = sqlite3.connect(args.db, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.executescript(sql)
    db.close()
    meter.report(mode="schema")


def seed(args):
    """Makes the project, the agents and the channel that the other modes write to."""
    meter = Meter()
    db = connect(args.db)
    now = time.time()
    names = [args.sender] + ["reader-%d" % i for i in range(1, args.agents)]
    db.execute(
        "INSERT OR REPLACE INTO projects (id, path, name, last_active) VALUES (?, '/home/dev/bench', 'bench', ?)",
        (PROJECT, now),
    )
    for name in names:
        db.execute(REGISTER, (name, PROJECT, now))
    db.execute(
        """INSERT OR IGNORE INTO channels (id, channel_type, access_type, scope, name, project_id,
           description, created_by, created_by_project_id, is_default)
           VALUES (?, 'channel', 'open', 'project', 'bench', ?, 'For measurements', ?, ?, 0)""",
        (CHANNEL, PROJECT, args.sender, PROJECT),
    )
    for name in names:
        db.execute(JOIN, (CHANNEL, name, PROJECT, now))
    db.commit()
    db.close()
    meter.report(mode="seed", agents=len(names))


def reconnect(args):
    """Sends each message as the host's send_message does: every call opens its
    own connection, does one thing and closes it. Of its four connections two
    read and two write: the sender's registration, then the message."""
    meter = Meter()
    first = last = None
    for number in range(1, args.messages + 1):
        if args.connections >= 4:
            db = connect(args.db)
            db.execute("SELECT id, access_type FROM channels WHERE id = ?", (CHANNEL,)).fetchone()
            db.close()
        if args.connections >= 2:
            db = connect(args.db)
            db.execute(REGISTER, (args.sender, PROJECT, time.time()))
            db.commit()
            db.close()
        if args.connections >= 4:
            db = connect(args.db)
            db.execute(
                "SELECT can_send FROM channel_members WHERE channel_id = ? AND agent_name = ? AND agent_project_id IS ?",
                (CHANNEL, args.sender, PROJECT),
            ).fetchone()
            db.close()
        db = connect(args.db)
        last = send(db, args, number)
        db.commit()
        db.close()
        first = first or last
    meter.report(mode="reconnect", messages=args.messages, connections=args.connections, first_id=first, last_id=last)


def bulk(args):
    """Sends all messages on one connection, in transactions of --batch."""
    db = connect(args.db)
    meter = Meter()
    first = last = None
    for number in range(1, args.messages + 1):
        last = send(db, args, number)
        first = first or last
        if number % args.batch == 0 or number == args.messages:
            db.commit()
    meter.report(mode="bulk", messages=args.messages, batch=args.batch, first_id=first, last_id=last)
    db.close()


def paced(args):
    """Sends --rate messages a second for --seconds, at fixed times: a slow
    commit delays the next message but not the ones after it."""
    db = None if args.reconnect else connect(args.db)
    meter = Meter()
    start = time.perf_counter()
    count = int(args.rate * args.seconds)
    rows = []
    for number in range(1, count + 1):
        wait = start + (number - 1) / args.rate - time.perf_counter()
        if wait > 0:
            time.sleep(wait)
        conn = db or connect(args.db)
        rows.append(send(conn, args, number))
        if db is not None and number % args.together and number < count:
            continue
        conn.commit()
        done = time.time_ns()
        if db is None:
            conn.close()
        print("\n".join("%d %d" % (row, done) for row in rows), flush=True)
        rows = []
    meter.report(mode="paced", messages=count, rate=args.rate)
    if db is not None:
        db.close()


def commits(args):
    """Sends --rate messages a second, each in a transaction of its own on one
    connection, until standard input ends: how long each took, waiting for
    others' locks included."""
    db = connect(args.db)
    meter = Meter()
    took = []
    start = time.perf_counter()
    while not select.select([sys.stdin], [], [], max(0, start + len(took) / args.rate - time.perf_counter()))[0]:
        began = time.perf_counter()
        send(db, args, len(took) + 1)
        db.commit()
        took.append(int((time.perf_counter() - began) * 1e6))
    print(" ".join(map(str, took)))
    meter.report(mode="commits", messages=len(took))
    db.close()


def opens(args):
    """Connects, reads once and closes, --messages times: what the text of the
    schema costs every connection, because SQLite parses all of it."""
    meter = Meter()
    for _ in range(args.messages):
        db = connect(args.db)
        db.execute("SELECT count(*) FROM projects").fetchone()
        db.close()
    meter.report(mode="open", messages=args.messages)


def send(db, args, number):
    """Inserts one message and returns its id."""
    row = db.execute(
        MESSAGE, (CHANNEL, args.sender, PROJECT, args.prefix + text(number, args.size), None, time.time())
    )
    return row.lastrowid


# --- chaos -------------------------------------------------------------------


class Chaos:
    """Random transactions whose outcome is known: only what a COMMIT that
    returned made true is printed."""

    def __init__(self, args):
        self.args = args
        self.random = random.Random(args.seed)
        self.db = connect(args.db, explicit=True)
        self.number = 0
        self.mine = []  # ids of our messages that are committed and not deleted
        self.done = []  # what the open transaction has done so far
        self.counts = {"commits": 0, "rollbacks": 0, "savepoint_rollbacks": 0, "failures": 0, "busy": 0, "messages": 0}

    def run(self):
        meter = Meter()
        while self.counts["messages"] < self.args.messages:
            if self.args.reopen and self.random.random() < self.args.reopen:
                self.db.close()
                self.db = connect(self.args.db, explicit=True)
            try:
                self.transaction()
            except sqlite3.OperationalError as err:
                if "locked" not in str(err) and "busy" not in str(err):
                    raise
                # A deferred transaction that has read may not wait for the
                # lock: SQLite refuses it at once. A rollback is the remedy.
                self.counts["busy"] += 1
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")
        self.db.close()
        meter.report(mode="chaos", seed=self.args.seed, **self.counts)

    def transaction(self):
        self.done = []
        how = self.random.choice(["BEGIN", "BEGIN DEFERRED", "BEGIN IMMEDIATE", "BEGIN IMMEDIATE", None])
        if how is None:  # autocommit: every statement is its own transaction
            self.step()
            self.committed()
            return
        self.db.execute(how)
        for _ in range(self.random.randint(1, 5)):
            if self.random.random() < 0.3:
                self.savepoint(1)
            else:
                self.step()
        if self.random.random() < 0.25:
            self.db.execute("ROLLBACK")
            self.counts["rollbacks"] += 1
            return
        self.db.execute("COMMIT")
        self.committed()

    def savepoint(self, depth):
        name = "s%d" % depth
        before = len(self.done)
        self.db.execute("SAVEPOINT " + name)
        for _ in range(self.random.randint(1, 3)):
            if depth < 3 and self.random.random() < 0.3:
                self.savepoint(depth + 1)
            else:
                self.step()
        if self.random.random() < 0.5:
            self.db.execute("ROLLBACK TO " + name)
            del self.done[before:]
            self.counts["savepoint_rollbacks"] += 1
            if self.random.random() < 0.5:
                self.step()
        self.db.execute("RELEASE " + name)

    def step(self):
        live = [i for i in self.mine if not any(d["op"] == "delete" and d["id"] == i for d in self.done)]
        what = self.random.random()
        now = time.time()
        who = self.args.sender
        if what < 0.08:
            self.fail()
        elif what < 0.16 and live:
            row, body = self.random.choice(live), self.body()
            self.db.execute(EDIT, (body, now, row))
            self.done.append({"op": "edit", "id": row, "content": body})
        elif what < 0.22 and live:
            row = self.random.choice(live)
            self.db.execute(DELETE, (now, who, now, row))
            self.done.append({"op": "delete", "id": row})
        elif what < 0.27:
            self.db.execute(LEAVE, (CHANNEL, who, PROJECT))
            self.done.append({"op": "leave", "agent": who})
        elif what < 0.34:
            self.db.execute(JOIN, (CHANNEL, who, PROJECT, now))
            self.done.append({"op": "join", "agent": who})
        elif what < 0.38:
            status = self.random.choice(["busy", "online", "offline"])
            self.db.execute(STATUS, (status, now, who, PROJECT))
            self.done.append({"op": "status", "agent": who, "status": status})
        elif what < 0.46:
            self.db.execute(REGISTER, (who, PROJECT, now))
            self.done.append({"op": "register", "agent": who})
        else:
            body = self.body()
            row = self.db.execute(MESSAGE, (CHANNEL, who, PROJECT, body, None, now)).lastrowid
            self.done.append({"op": "new", "id": row, "content": body})

    def fail(self):
        """A statement that fails; the transaction goes on without it."""
        self.counts["failures"] += 1
        try:
            if self.random.random() < 0.5:
                self.db.execute(MESSAGE, ("no:such:channel", self.args.sender, PROJECT, self.body(), None, time.time()))
            else:
                # Two rows of which the second fails: the first goes with it.
                self.db.execute(
                    "INSERT INTO messages (channel_id, sender_id, sender_project_id, content) VALUES (?, ?, ?, ?), (?, ?, ?, NULL)",
                    (CHANNEL, self.args.sender, PROJECT, self.body(), CHANNEL, self.args.sender, PROJECT),
                )
        except sqlite3.IntegrityError:
            return
        raise AssertionError("a statement that must fail did not")

    def body(self):
        """Content that no other message has."""
        self.number += 1
        return "%s%s-%d %s" % (self.args.prefix, self.args.sender, self.number, "x" * self.random.randint(0, self.args.size))

    def committed(self):
        if not self.done:
            return
        self.counts["commits"] += 1
        for did in self.done:
            if did["op"] == "new":
                self.mine.append(did["id"])
                self.counts["messages"] += 1
            elif did["op"] == "delete":
                self.mine.remove(did["id"])
        print(json.dumps({"committed": self.done}), flush=True)


def chaos(args):
    Chaos(args).run()


# --- command line ------------------------------------------------------------

MODES = {
    "schema": schema,
    "seed": seed,
    "reconnect": reconnect,
    "bulk": bulk,
    "paced": paced,
    "chaos": chaos,
    "open": opens,
    "commits": commits,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=sorted(MODES))
    parser.add_argument("--db", required=True, help="the database file")
    parser.add_argument("--schema", help="schema: the file with the SQL")
    parser.add_argument("--messages", type=int, default=100, help="how many messages (chaos: committed ones)")
    parser.add_argument("--batch", type=int, default=1000, help="bulk: messages in one transaction")
    parser.add_argument("--rate", type=float, default=100, help="paced: messages a second")
    parser.add_argument("--seconds", type=float, default=5, help="paced: for how long")
    parser.add_argument("--together", type=int, default=1, help="paced: messages in one transaction, without --reconnect")
    parser.add_argument("--reconnect", action="store_true", help="paced: a new connection for every message")
    parser.add_argument(
        "--connections", type=int, choices=[1, 2, 4], default=4,
        help="reconnect: 4 as the host; 2 without its reads; 1 without the sender's registration too",
    )
    parser.add_argument("--agents", type=int, default=5, help="seed: how many agents")
    parser.add_argument("--sender", default="writer", help="name of the writing agent")
    parser.add_argument("--size", type=int, default=80, help="characters of a message")
    parser.add_argument("--prefix", default="", help="put before every content")
    parser.add_argument("--seed", type=int, default=1, help="chaos: seed of its random numbers")
    parser.add_argument("--reopen", type=float, default=0.1, help="chaos: how often to connect anew, 0 to 1")
    args = parser.parse_args()
    if args.mode == "schema" and not args.schema:
        parser.error("schema needs --schema FILE")
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    MODES[args.mode](args)


if __name__ == "__main__":
    main()
