package state

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"time"
)

// readers is how many queries can run side by side.
const readers = 4

// Options say where the state is and who opens it.
type Options struct {
	// Path of the SQLite file. Its folder is made when missing (0700), the
	// file too (0600). SQLite keeps two files beside it (-wal, -shm), the lock
	// is a third (.lock), the marker a fourth (.marker; see Marker), and a migration
	// leaves a backup (.v1.bak).
	Path string

	// Build is the version of the program, recorded with each migration.
	Build string

	// Holder is shown to a second process that wants the lock, for example
	// "okta-walkme-agent sync".
	Holder string

	// Now stamps what is written. Nil: time.Now.
	Now func() time.Time
}

// DB is an open state file. Its methods may be called from many goroutines.
//
// Every method that changes something returns an error that is ErrReadOnly
// when the database came from OpenReadOnly, and ErrClosed after Close. Every
// method returns a *ReplacedError once another file stands at the path.
type DB struct {
	path   string
	now    func() time.Time
	reader *sql.DB
	closed chan struct{} // closed by Close
	opened identity
	made   bool // by Open: there was no file

	statements statements // of the reader

	// Of a writer only:
	lock   *os.File
	pool   *sql.DB // one connection, in use by writer
	writer *writer
	saving chan struct{} // holds a token while a UserWriter is open
}

// Open opens the state for writing. It takes the lock, looks for damage, and
// brings the file to the schema of this build, after a backup beside it
// (PATH.v<version>.bak) where that changes an existing file. Runs that an
// earlier process left open are marked Interrupted.
//
// Errors: *LockedError, *NotOursError, *SchemaError (the file is newer),
// *CorruptError, ErrReadOnly, ErrDiskFull.
func Open(ctx context.Context, o Options) (*DB, error) {
	return open(ctx, o, embedded)
}

func open(ctx context.Context, o Options, migrations fs.FS) (*DB, error) {
	db := &DB{path: o.Path, now: o.Now, closed: make(chan struct{}), saving: make(chan struct{}, 1)}
	if db.now == nil {
		db.now = time.Now
	}
	err := db.acquire(ctx, o.Holder)
	if err == nil {
		err = db.prepare(ctx, o.Build, migrations)
	}
	if err != nil {
		return nil, db.fail("open", errors.Join(err, db.release()))
	}
	return db, nil
}

// acquire takes the lock of the file, which need not be there yet.
func (db *DB) acquire(ctx context.Context, command string) (err error) {
	if db.path, err = resolve(db.path); err != nil {
		return err
	}
	if err := ensureFolder(db.path); err != nil {
		return err
	}
	h := holder{PID: os.Getpid(), Command: command, Since: db.now().UTC()}
	db.lock, err = lock(ctx, db.path, h)
	return err
}

// prepare makes, or checks and migrates, the file, then opens both pools.
func (db *DB) prepare(ctx context.Context, build string, files fs.FS) error {
	migrations, err := schema(files)
	if err != nil {
		return err
	}
	if db.made, err = ensureDatabase(ctx, db.path, migrations, build, db.now()); err != nil {
		return err
	}
	version, err := db.inspect(ctx, len(migrations))
	if err != nil {
		return err
	}
	if err := makePrivate(db.path); err != nil {
		return err
	}
	if db.pool, err = sql.Open("sqlite", dsn(db.path, "rw", pragmasWriter)); err != nil {
		return err
	}
	db.pool.SetMaxOpenConns(1)
	conn, err := db.pool.Conn(ctx)
	if err != nil {
		return err
	}
	if err := migrate(ctx, conn, migrations, version, build, db.now()); err != nil {
		return errors.Join(err, conn.Close())
	}
	if err := recoverLeftovers(ctx, conn); err != nil {
		return errors.Join(err, conn.Close())
	}
	db.writer = newWriter(conn, db.now, db.replaced)
	if err := db.openReader("ro"); err != nil {
		return err
	}
	return db.noteIdentity()
}

// inspect looks at the file before anything is written to it, and backs it up
// if it will be migrated. The connection is writable, so that SQLite can roll
// back what a killed process left, but changes no setting of a foreign file.
func (db *DB) inspect(ctx context.Context, want int) (version int, err error) {
	if err := plausible(db.path); err != nil {
		return 0, err
	}
	pool, err := sql.Open("sqlite", dsn(db.path, "rw", pragmasReader))
	if err != nil {
		return 0, err
	}
	defer pool.Close()
	version, err = identify(ctx, pool, db.path)
	if err != nil {
		return 0, err
	}
	if version > want {
		return 0, &SchemaError{Have: version, Want: want}
	}
	if err := findDamage(ctx, pool, db.path, "PRAGMA quick_check(5)"); err != nil {
		return 0, err
	}
	if version < want {
		err = backupBefore(ctx, pool, db.path, version)
	}
	return version, err
}

// recoverLeftovers finishes what only a process that is gone could finish. The
// journal is not touched: only WalkMe knows what became of a pending entry.
func recoverLeftovers(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, `UPDATE runs SET outcome = ? WHERE finished_at IS NULL AND outcome = ''`, Interrupted)
	return err
}

// OpenReadOnly opens the state for reading, also while another process writes.
// It changes nothing in the file; SQLite may leave two small files beside it
// (-wal, -shm).
//
// Errors: ErrNotExist, *NotOursError, *SchemaError (older or newer),
// *CorruptError.
func OpenReadOnly(ctx context.Context, path string) (*DB, error) {
	return openReadOnly(ctx, path, embedded)
}

// OpenOrEmpty is OpenReadOnly, and an empty state where there is no file yet: a machine
// on which no run has been. What is asked of that is answered as by a file without
// content.
func OpenOrEmpty(ctx context.Context, path string) (*DB, error) {
	db, err := OpenReadOnly(ctx, path)
	if errors.Is(err, ErrNotExist) {
		return &DB{path: path, now: time.Now, closed: make(chan struct{})}, nil
	}
	return db, err
}

// IsEmpty says that there was no file to open; see OpenOrEmpty.
func (db *DB) IsEmpty() bool { return db.reader == nil }

func openReadOnly(ctx context.Context, path string, migrations fs.FS) (*DB, error) {
	db := &DB{path: path, now: time.Now, closed: make(chan struct{})}
	if err := db.attach(ctx, migrations); err != nil {
		return nil, db.fail("open for reading", errors.Join(err, db.release()))
	}
	return db, nil
}

// attach opens the reader pool on an existing file of the right schema.
func (db *DB) attach(ctx context.Context, files fs.FS) (err error) {
	if db.path, err = resolve(db.path); err != nil {
		return err
	}
	if err := readable(db.path); err != nil {
		return err
	}
	if err := plausible(db.path); err != nil {
		return err
	}
	migrations, err := schema(files)
	if err != nil {
		return err
	}
	version, err := db.connectReader(ctx)
	if err == nil {
		err = db.noteIdentity()
	}
	if err == nil && version != len(migrations) {
		err = &SchemaError{Have: version, Want: len(migrations)}
	}
	return err
}

// connectReader opens the reader pool and returns the schema version. In a
// folder that cannot be written SQLite cannot read a write-ahead log; when
// there is none the file is complete and can be read as it is.
func (db *DB) connectReader(ctx context.Context) (version int, err error) {
	if err := db.openReader("ro"); err != nil {
		return 0, err
	}
	version, err = identify(ctx, db.reader, db.path)
	if code(err) == 0 || !missing(db.path+"-wal") {
		return version, err
	}
	unreadable := err
	if err := db.reader.Close(); err != nil {
		return 0, err
	}
	if err := db.openReader("ro&immutable=1"); err != nil {
		return 0, err
	}
	if version, err = identify(ctx, db.reader, db.path); err != nil {
		return 0, unreadable
	}
	return version, nil
}

func (db *DB) openReader(mode string) (err error) {
	db.reader, err = sql.Open("sqlite", dsn(db.path, mode, pragmasReader))
	if err == nil {
		db.reader.SetMaxOpenConns(readers)
	}
	return err
}

// Made says whether Open found no file and made one: a new state begins.
func (db *DB) Made() bool { return db.made }

// Close waits for the changes under way, closes the file and gives the lock
// back. A second Close does nothing. A database that was open for
// writing says with a *ReplacedError that the file was replaced meanwhile.
func (db *DB) Close() error {
	select {
	case <-db.closed:
		return nil
	default:
		close(db.closed)
	}
	return db.fail("close", db.release())
}

// release closes what is open, readers first: the last connection to close
// empties the write-ahead log into the file, and only the writer's can.
func (db *DB) release() error {
	var errs []error
	if db.reader != nil {
		errs = append(errs, db.reader.Close())
	}
	if db.writer != nil {
		db.writer.finish()
		if replaced := db.replaced(); replaced != nil {
			errs = append(errs, replaced, db.part())
		}
		errs = append(errs, db.writer.stop())
	}
	if db.pool != nil {
		errs = append(errs, db.pool.Close())
	}
	if db.lock != nil {
		errs = append(errs, db.lock.Close())
	}
	return errors.Join(errs...)
}
