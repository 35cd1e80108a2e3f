//! A throw-away PostgreSQL server: one per test process, a database of its own per test.
//!
//! The server runs as an unprivileged user on a socket in a directory of its own, with `fsync` on, and stops with the
//! test process, however that ends.

use std::fmt;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Why there is no server. Shown as it is by `unwrap`: a test without its database fails, it does not pass unseen.
#[derive(Clone)]
pub struct NoServer(String);

impl fmt::Debug for NoServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for NoServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NoServer {}

impl NoServer {
    pub(crate) const fn because(why: String) -> Self {
        Self(why)
    }
}

/// An empty database. Its addresses differ by who connects.
#[derive(Clone, Debug)]
pub struct Database {
    /// The owner of the tables: runs migrations.
    pub owner: String,
    /// A login with the rights of the role `negiz_gateway` and no others.
    pub gateway: String,
    /// The server's administrator.
    pub administrator: String,
}

impl Database {
    pub(crate) fn at(socket: &Path, name: &str) -> Self {
        let url = |user| format!("postgres://{user}@localhost/{name}?host={}", socket.display());
        Self { owner: url("negiz_owner"), gateway: url("negiz_node"), administrator: url("postgres") }
    }
}

/// A new, empty database on this process's server, which the first call starts.
///
/// # Errors
/// [`NoServer`], with the line that installs PostgreSQL if that is what is missing.
pub fn database() -> Result<Database, NoServer> {
    static SERVER: OnceLock<Result<Server, NoServer>> = OnceLock::new();
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let server = SERVER.get_or_init(Server::start).as_ref().map_err(Clone::clone)?;
    let name = format!("negiz_{}", COUNT.fetch_add(1, Ordering::Relaxed));
    make_database(&server.directory, &name)?;
    Ok(Database::at(&server.directory, &name))
}

/// The server ends when `child`'s standard input does: with this process.
struct Server {
    directory: PathBuf,
    _child: Child,
}

/// Runs as the unprivileged user. The last `cat` waits for the test process to end.
const SCRIPT: &str = r#"
set -eu
directory=$(mktemp -d /tmp/negiz-postgres.XXXXXX)
trap 'rm -rf "$directory"' EXIT
log="$directory/log"
"$1/initdb" -D "$directory/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$log" 2>&1 || { cat "$log"; exit 1; }
"$1/postgres" -D "$directory/data" -k "$directory" -c listen_addresses= -c max_connections=300 \
    -c log_min_messages=fatal >"$log" 2>&1 </dev/null &
server=$!
until "$1/pg_isready" -q -h "$directory"; do
    kill -0 "$server" 2>/dev/null || { cat "$log"; exit 1; }
    sleep 0.05
done
echo "ready $directory"
cat >/dev/null
kill -INT "$server"
wait "$server" || true
"#;

impl Server {
    fn start() -> Result<Self, NoServer> {
        let mut child = as_server(SCRIPT)?
            .arg(binaries()?)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| NoServer(format!("the PostgreSQL server did not start: {error}")))?;
        let directory = ready(&mut child)?;
        make_roles(&directory)?;
        Ok(Self { directory, _child: child })
    }
}

/// A shell that runs `script` as a user whom PostgreSQL accepts; arguments of the script follow.
pub(crate) fn as_server(script: &str) -> Result<Command, NoServer> {
    let mut command = if is_root()? {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--", "sh"]);
        command
    } else {
        Command::new("sh")
    };
    command.args(["-c", script, "sh"]).current_dir("/");
    Ok(command)
}

/// The roles of a deployment (docs/database.md).
pub(crate) fn make_roles(socket: &Path) -> Result<(), NoServer> {
    let roles = "CREATE ROLE negiz_owner LOGIN CREATEROLE;
         CREATE ROLE negiz_gateway NOLOGIN;
         CREATE ROLE negiz_node LOGIN IN ROLE negiz_gateway;";
    administer(socket, "postgres", roles)
}

pub(crate) fn make_database(socket: &Path, name: &str) -> Result<(), NoServer> {
    administer(socket, "postgres", &format!("CREATE DATABASE {name} OWNER negiz_owner"))
}

pub(crate) fn administer(socket: &Path, database: &str, statement: &str) -> Result<(), NoServer> {
    let output = Command::new(binaries()?.join("psql"))
        .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", database, "-c", statement, "-h"])
        .arg(socket)
        .output()
        .map_err(|error| NoServer(format!("psql did not start: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    Err(NoServer(String::from_utf8_lossy(&output.stderr).into_owned()))
}

/// Reads the script's output up to the line that says where the server is.
fn ready(child: &mut Child) -> Result<PathBuf, NoServer> {
    let mut said = String::new();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if let Some(directory) = line.strip_prefix("ready ") {
                return Ok(PathBuf::from(directory));
            }
            said.push_str(&line);
            said.push('\n');
        }
    }
    Err(NoServer(format!("the PostgreSQL server did not start:\n{said}")))
}

/// The newest installed server's programs.
pub(crate) fn binaries() -> Result<PathBuf, NoServer> {
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = installed
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, path): &(u32, PathBuf)| path.join("initdb").exists())
        .collect();
    versions.sort();
    versions
        .pop()
        .map(|(_, path)| path)
        .ok_or_else(|| NoServer("these tests need PostgreSQL: apt-get install -y postgresql".to_owned()))
}

/// PostgreSQL refuses to run as root.
fn is_root() -> Result<bool, NoServer> {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(Path::new("/proc/self"))
        .map(|metadata| metadata.uid() == 0)
        .map_err(|error| NoServer(format!("/proc cannot be read: {error}")))
}

/// One text out of a database, as its address lets it be read.
///
/// # Panics
/// When the statement fails.
#[must_use]
pub fn text(url: &str, statement: &'static str) -> String {
    use sqlx::{Connection as _, PgConnection};
    crate::channel::runtime().block_on(async {
        let mut connection = PgConnection::connect(url).await.expect("a connection");
        sqlx::query_scalar(statement).fetch_one(&mut connection).await.expect("a text")
    })
}
