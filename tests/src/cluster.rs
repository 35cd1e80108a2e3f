//! A PostgreSQL server of one test's own, to be restarted, filled up, lost and succeeded by its standby.
//!
//! The tests' common server ([`crate::postgres`]) must not be touched so. This one too runs as an unprivileged user on a socket in a
//! directory of its own, with `fsync` on, and ends with the test process.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Stdio};
use std::sync::Mutex;

use crate::postgres::{Database, NoServer, administer, as_server, binaries, make_database, make_roles};

/// Runs as the unprivileged user: makes a server or the copy of one, then does with `pg_ctl` what it is told, a line each, and answers
/// each with a line.
const SCRIPT: &str = r#"
set -eu
bin="$1"; primary="$2"; where="$3"
directory=$(mktemp -d /tmp/negiz-cluster.XXXXXX)
data="${where:-$directory}/data"
control() { "$bin/pg_ctl" -D "$data" -l "$directory/log" -w -t 60 "$@" </dev/null >"$directory/said" 2>&1; }
trap 'control stop -m immediate || true; rm -rf "$directory" "$data"' EXIT
if [ -z "$primary" ]; then
    "$bin/initdb" -D "$data" -U postgres -A trust -E UTF8 --locale=C --no-sync --wal-segsize=1 >"$directory/said" 2>&1 \
        || { cat "$directory/said"; exit 1; }
    printf '%s\n' "listen_addresses = ''" "log_min_messages = fatal" "max_wal_size = 16MB" "min_wal_size = 2MB" \
        >>"$data/postgresql.conf"
else
    "$bin/pg_basebackup" -h "$primary" -U postgres -D "$data" -R -X stream --checkpoint=fast >"$directory/said" 2>&1 \
        || { cat "$directory/said"; exit 1; }
    echo "primary_conninfo = 'host=$primary user=postgres application_name=standby'" >>"$data/postgresql.auto.conf"
fi
echo "unix_socket_directories = '$directory'" >>"$data/postgresql.conf"
control start || { cat "$directory/said" "$directory/log"; exit 1; }
echo "ready $directory"
while read -r command; do
    if control $command; then echo done; else tr '\n' ' ' <"$directory/said"; echo; fi
done
"#;

/// A running server, or one that was stopped.
#[derive(Debug)]
pub struct Cluster {
    /// Where its socket is.
    pub directory: PathBuf,
    keeper: Mutex<(Child, BufReader<ChildStdout>)>,
}

impl Cluster {
    /// A new server with the roles of a deployment. Its data are in `place` if one is given, beside its socket otherwise.
    ///
    /// # Errors
    /// [`NoServer`].
    pub fn start(place: Option<&Path>) -> Result<Self, NoServer> {
        let cluster = Self::launch(None, place)?;
        make_roles(&cluster.directory)?;
        Ok(cluster)
    }

    /// A standby of this server. From the return of this on a commit waits until the standby has it.
    ///
    /// # Errors
    /// [`NoServer`].
    pub fn standby(&self) -> Result<Self, NoServer> {
        let standby = Self::launch(Some(&self.directory), None)?;
        let say = |statement| administer(&self.directory, "postgres", statement);
        say("ALTER SYSTEM SET synchronous_standby_names = 'standby'")?;
        say("SELECT pg_reload_conf()")?;
        // Only a commit that waited shows that both ends have understood.
        say("DO $$ BEGIN
                 WHILE NOT EXISTS (SELECT FROM pg_stat_replication WHERE sync_state = 'sync') LOOP
                     PERFORM pg_sleep(0.05); PERFORM pg_stat_clear_snapshot();
                 END LOOP;
             END $$")?;
        Ok(standby)
    }

    fn launch(primary: Option<&Path>, place: Option<&Path>) -> Result<Self, NoServer> {
        let mut keeper = as_server(SCRIPT)?
            .arg(binaries()?)
            .arg(primary.unwrap_or(Path::new("")))
            .arg(place.unwrap_or(Path::new("")))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| NoServer::because(format!("the PostgreSQL server did not start: {error}")))?;
        let mut output = BufReader::new(keeper.stdout.take().expect("piped"));
        let mut said = String::new();
        loop {
            let begun = said.len();
            if output.read_line(&mut said).unwrap_or(0) == 0 {
                return Err(NoServer::because(format!("the PostgreSQL server did not start:\n{said}")));
            }
            if let Some(directory) = said.get(begun..).and_then(|line| line.strip_prefix("ready ")) {
                return Ok(Self { directory: directory.trim().into(), keeper: Mutex::new((keeper, output)) });
            }
        }
    }

    /// `pg_ctl` with these arguments, such as `restart -m immediate` or `promote`; returns when it is done.
    ///
    /// # Errors
    /// [`NoServer`] with what it said.
    pub fn control(&self, arguments: &str) -> Result<(), NoServer> {
        let mut keeper = self.keeper.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let failed = |error: std::io::Error| NoServer::because(format!("pg_ctl {arguments}: {error}"));
        let mut input = keeper.0.stdin.as_ref().expect("piped");
        writeln!(input, "{arguments}").map_err(failed)?;
        let mut said = String::new();
        keeper.1.read_line(&mut said).map_err(failed)?;
        match said.trim() {
            "done" => Ok(()),
            said => Err(NoServer::because(format!("pg_ctl {arguments}: {said}"))),
        }
    }

    /// A new, empty database, addressed through `socket`: this server's directory, or a link that leads there now.
    ///
    /// # Errors
    /// [`NoServer`].
    pub fn database(&self, name: &str, socket: &Path) -> Result<Database, NoServer> {
        make_database(&self.directory, name)?;
        Ok(Database::at(socket, name))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let keeper = self.keeper.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
        drop(keeper.0.stdin.take());
        let _ = keeper.0.wait();
    }
}
