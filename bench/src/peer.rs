//! What stands side by side: Negiz on its two databases, and what one would build instead.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use negiz_tests::postgres::{self, Database};
use sqlx::{Connection as _, PgConnection};
use tokio::sync::OnceCell;

use crate::country::{Country, Gateway};
use crate::start::{Running, free};
use crate::tls::Tls;
use crate::{Fault, cpu};

const NGINX: &str = include_str!("../peers/nginx.conf");
const HAPROXY: &str = include_str!("../peers/haproxy.cfg");
const ENVOY: &str = include_str!("../peers/envoy.yaml");
const SCHEMA: &str = include_str!("../peers/schema.sql");

/// Something that takes requests.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) place: SocketAddr,
    pub(crate) tls: Tls,
    /// Processes whose time counts, with all their children.
    parts: Vec<(&'static str, u32)>,
    /// What to end together with it.
    running: Vec<Running>,
}

impl Peer {
    /// CPU time of each part so far.
    pub(crate) fn cpu(&self) -> Vec<(&'static str, Duration)> {
        self.parts.iter().map(|(name, pid)| (*name, cpu::of_tree(*pid))).collect()
    }

    pub(crate) async fn stop(self) -> Result<(), Fault> {
        for running in self.running {
            running.stop().await?;
        }
        Ok(())
    }

    /// Negiz; `database` is counted too if it is a server.
    pub(crate) fn negiz(country: &Country, gateway: Gateway, database: Option<u32>) -> Result<Self, Fault> {
        let mut parts = vec![("negiz", gateway.process.pid)];
        parts.extend(database.map(|pid| ("postgres", pid)));
        Ok(Self { place: gateway.exchange, tls: Tls::of(country)?, parts, running: vec![gateway.process] })
    }
}

/// Where the peers' files go, and what they have in common.
#[derive(Debug)]
pub(crate) struct Workshop<'a> {
    pub(crate) country: &'a Country,
    pub(crate) directory: PathBuf,
    pub(crate) registry: SocketAddr,
    pub(crate) database: Database,
    pub(crate) postgres: u32,
}

impl Workshop<'_> {
    /// nginx as it comes: mutual TLS, nothing checked, nothing kept.
    pub(crate) async fn bare(&self) -> Result<Peer, Fault> {
        let (place, nginx) = self.nginx("bare", None).await?;
        let parts = vec![("nginx", nginx.pid)];
        self.peer(place, parts, vec![nginx])
    }

    /// Envoy in the same place; `program` comes with the packages of FastAPI.
    pub(crate) async fn envoy(&self, program: &Path) -> Result<Peer, Fault> {
        let place = free()?;
        let text = ENVOY
            .replace("{host}", &place.ip().to_string())
            .replace("{port}", &place.port().to_string())
            .replace("{registry-host}", &self.registry.ip().to_string())
            .replace("{registry-port}", &self.registry.port().to_string());
        let directory = self.directory.join("envoy");
        let configuration = self.configure(&directory, "envoy.yaml", &text)?;
        // Without hot restart: nodes of other runs may stand on this machine.
        let arguments =
            ["-c", &configuration, "--concurrency", "2", "--log-level", "warning", "--disable-hot-restart"];
        let mut envoy = Running::start(program, &arguments, &directory.join("log"))?;
        envoy.listening(place).await?;
        let parts = vec![("envoy", envoy.pid)];
        self.peer(place, parts, vec![envoy])
    }

    /// HAProxy in the same place.
    pub(crate) async fn haproxy(&self) -> Result<Peer, Fault> {
        let place = free()?;
        let directory = self.directory.join("haproxy");
        // It wants certificate and key in one file.
        let both = self.directory.join("haproxy.pem");
        let half = |name: &str| std::fs::read(self.country.directory.join("tls").join(name));
        std::fs::write(&both, [half("gateway.pem")?, half("gateway.key")?].concat())?;
        let text = HAPROXY
            .replace("{both}", &both.display().to_string())
            .replace("{listen}", &place.to_string())
            .replace("{registry}", &self.registry.to_string());
        let configuration = self.configure(&directory, "haproxy.cfg", &text)?;
        // -db: in the foreground.
        let arguments = ["-db", "-f", &configuration];
        let mut haproxy = Running::start(Path::new("haproxy"), &arguments, &directory.join("log"))?;
        haproxy.listening(place).await?;
        let parts = vec![("haproxy", haproxy.pid)];
        self.peer(place, parts, vec![haproxy])
    }

    /// nginx that asks FastAPI.
    pub(crate) async fn fastapi(&self, python: &Path, application: &Path) -> Result<Peer, Fault> {
        let place = free()?;
        let port = place.port().to_string();
        let issuer = self.issuer();
        // asyncpg prefers a host before the path to the socket behind it.
        let database = self.database.administrator.replace("@localhost/", "@/");
        let assignments = [format!("ISSUER={issuer}"), format!("DATABASE={database}")];
        let python = python.to_str().ok_or("a path that is not UTF-8")?;
        let application = application.to_str().ok_or("a path that is not UTF-8")?;
        let mut arguments: Vec<&str> = assignments.iter().map(String::as_str).collect();
        arguments.extend([python, "-m", "uvicorn", "--app-dir", application, "app:app", "--port", &port]);
        arguments.extend(["--workers", "2", "--no-access-log", "--log-level", "warning"]);
        let mut service = Running::start(Path::new("env"), &arguments, &self.directory.join("fastapi.log"))?;
        service.listening(place).await?;
        self.behind("fastapi", place, service).await
    }

    /// nginx that asks a verifier in Rust.
    pub(crate) async fn rust(&self) -> Result<Peer, Fault> {
        let place = free()?;
        let listen = place.to_string();
        let issuer = self.issuer();
        let url = &self.database.administrator;
        let arguments = ["authorise", "--listen", &listen, "--database", url, "--issuer", &issuer];
        let program = std::env::current_exe()?;
        let mut service = Running::start(&program, &arguments, &self.directory.join("authorise.log"))?;
        service.listening(place).await?;
        self.behind("authorise", place, service).await
    }

    async fn behind(
        &self,
        name: &'static str,
        verifier: SocketAddr,
        service: Running,
    ) -> Result<Peer, Fault> {
        let (place, nginx) = self.nginx(name, Some(verifier)).await?;
        let parts = vec![("nginx", nginx.pid), (name, service.pid), ("postgres", self.postgres)];
        self.peer(place, parts, vec![nginx, service])
    }

    fn peer(
        &self,
        place: SocketAddr,
        parts: Vec<(&'static str, u32)>,
        running: Vec<Running>,
    ) -> Result<Peer, Fault> {
        Ok(Peer { place, tls: Tls::of(self.country)?, parts, running })
    }

    fn issuer(&self) -> String {
        self.country.directory.join("authority/issuing-ec.pem").display().to_string()
    }

    async fn nginx(&self, name: &str, verifier: Option<SocketAddr>) -> Result<(SocketAddr, Running), Fault> {
        let place = free()?;
        let directory = self.directory.join(format!("nginx-{name}"));
        let text = NGINX
            .replace("{auth}", verifier.map_or("", |_| "auth_request /authorise;"))
            .replace("{dir}", &directory.display().to_string())
            .replace("{listen}", &place.to_string())
            .replace("{registry}", &self.registry.to_string())
            .replace("{verifier}", &verifier.unwrap_or(self.registry).to_string());
        let configuration = self.configure(&directory, "nginx.conf", &text)?;
        let prefix = directory.display().to_string();
        let arguments = ["-p", &prefix, "-e", "error.log", "-c", &configuration];
        let mut nginx = Running::start(Path::new("nginx"), &arguments, &directory.join("log"))?;
        nginx.listening(place).await?;
        Ok((place, nginx))
    }

    /// A peer's configuration in a directory of its own, with the certificates that Negiz has too. Gives back where it is.
    fn configure(&self, directory: &Path, name: &str, text: &str) -> Result<String, Fault> {
        std::fs::create_dir_all(directory)?;
        let file = |name: &str| self.country.directory.join(name).display().to_string();
        let text = text
            .replace("{certificate}", &file("tls/gateway.pem"))
            .replace("{key}", &file("tls/gateway.key"))
            .replace("{ca}", &file("tls/ca.pem"));
        let configuration = directory.join(name);
        std::fs::write(&configuration, text)?;
        Ok(configuration.display().to_string())
    }

    /// Who may ask about what, as the peers know it.
    pub(crate) async fn furnish(&self) -> Result<(), Fault> {
        use sqlx::Connection as _;
        let mut connection = PgConnection::connect(&self.database.administrator).await?;
        sqlx::raw_sql(SCHEMA).execute(&mut connection).await?;
        for officer in &self.country.manifest.officers {
            sqlx::query("INSERT INTO officers VALUES ($1, $2, $3)")
                .bind(&officer.iin)
                .bind(&officer.agency)
                .bind(&officer.state)
                .execute(&mut connection)
                .await?;
        }
        for case in &self.country.manifest.cases {
            sqlx::query("INSERT INTO cases VALUES ($1, $2, $3)")
                .bind(&case.number)
                .bind(&case.holder)
                .bind(&case.status)
                .execute(&mut connection)
                .await?;
        }
        Ok(())
    }
}

/// Versions of what is compared with, for the report.
pub(crate) fn versions(python: &Path) -> Vec<String> {
    let said = |program: &Path, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output().ok()?;
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        let line = text.lines().find(|line| !line.trim().is_empty())?;
        Some(line.trim().to_owned())
    };
    let packages = "import fastapi,uvicorn,asyncpg,cryptography as c;print('fastapi',fastapi.__version__,'uvicorn',\
                    uvicorn.__version__,'asyncpg',asyncpg.__version__,'cryptography',c.__version__)";
    let found = [
        said(Path::new("nginx"), &["-v"]),
        said(Path::new("haproxy"), &["-v"]).map(|said| said.chars().take_while(|c| *c != '-').collect()),
        said(&beside(python, "envoy"), &["--version"]).map(|said| short(&said)),
        said(python, &["--version"]),
        said(python, &["-c", packages]),
        said(Path::new("psql"), &["--version"]),
    ];
    found.into_iter().flatten().collect()
}

/// A program of the same Python environment.
pub(crate) fn beside(python: &Path, program: &str) -> PathBuf {
    python.with_file_name(program)
}

/// Of what Envoy says of itself, its name, version and TLS library.
fn short(said: &str) -> String {
    let parts: Vec<&str> = said.split('/').collect();
    match parts.as_slice() {
        [.., version, _, _, library] => format!("envoy {version} ({library})"),
        _ => said.to_owned(),
    }
}

/// An empty database on the bench's own server, which starts with the first.
pub(crate) async fn database() -> Result<Database, Fault> {
    static SETTLED: OnceCell<()> = OnceCell::const_new();
    let database = postgres::database()?;
    SETTLED.get_or_try_init(|| settle(&database)).await?;
    Ok(database)
}

/// Files of write-ahead log, 16 MiB each.
const WAL_FILES: usize = 64;

/// A server that has run for a while uses its files of write-ahead log again. A new one fills each with zeros first, while whoever commits
/// waits: at 1,500 requests/s that is every second.
async fn settle(database: &Database) -> Result<(), Fault> {
    let mut connection = PgConnection::connect(&database.administrator).await?;
    let mut run = async |statement: &'static str| sqlx::raw_sql(statement).execute(&mut connection).await;
    run("ALTER SYSTEM SET min_wal_size = '1GB'").await?;
    run("SELECT pg_reload_conf()").await?;
    run("CREATE TABLE filler (word TEXT)").await?;
    for _ in 0..WAL_FILES {
        run("INSERT INTO filler VALUES ('full')").await?;
        run("SELECT pg_switch_wal()").await?;
    }
    run("DROP TABLE filler").await?;
    run("CHECKPOINT").await?;
    Ok(())
}
