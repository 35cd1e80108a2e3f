//! `negiz witness`.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use evidence::key::SignatureType;
use evidence::log_signer::NoteSigner;
use evidence::{Cosigner, VerifierKey};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;

use crate::clock::SystemClock;
use crate::command::{complain, say};
use crate::config::{Limits, Telemetry, secret_file};
use crate::listener::{Drain, Listener};
use crate::serve::GRACE;
use crate::signals::Signals;
use crate::telemetry;
use crate::witness::memory::Memory;
use crate::witness::{self, Witness as Process};

/// Runs a witness until SIGTERM (C2SP tlog-witness: `POST /add-checkpoint`). Let somebody run it who does not run the gateway, on
/// another machine. Its cosignatures protect themselves, so it speaks plain HTTP; put it behind a proxy for TLS.
#[derive(Debug, Args)]
pub(super) struct Witness {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9600")]
    listen: SocketAddr,
    /// The witness's name, as it stands in its cosignatures: witness.example/w1.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// Its own Ed25519 private key (PKCS#8 PEM, mode 0600). One key makes one witness.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// What it remembers: one SQLite file. A witness that lost it must begin anew, under another key.
    #[arg(long, value_name = "FILE")]
    state: PathBuf,
    /// Make the file: for a witness that has never cosigned.
    #[arg(long)]
    new: bool,
    /// The verifier key of a log to watch; repeat for more logs, and for more keys of one log.
    #[arg(long = "log", value_name = "VKEY")]
    logs: Vec<String>,
    /// A file of verifier keys, one a line; `#` begins a comment.
    #[arg(long, value_name = "FILE", required_unless_present = "logs")]
    logs_file: Option<PathBuf>,
}

type CouldNot = Box<dyn std::error::Error>;

impl Witness {
    pub(super) async fn run(self) -> ExitCode {
        match self.serve().await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => complain(&*error),
        }
    }

    async fn serve(self) -> Result<(), CouldNot> {
        let cosigner = cosigner(&self.name, &self.key)?;
        let logs = self.logs()?;
        let _telemetry = telemetry::start(&Telemetry::default())?;
        let mut signals = Signals::listen()?;
        let listener = Listener::bind("witness", self.listen).await?;
        let memory = match self.new {
            true => Memory::create(&self.state).await?,
            false => Memory::open(&self.state).await?,
        };
        let process = Process::open(cosigner, logs, memory, Arc::new(SystemClock)).await?;
        say(format_args!("witness {}", process.verifier()));
        say(format_args!("ready http://{}", listener.address()));
        let (drain, router) = (Drain::default(), witness::router(Arc::new(process)));
        let signal = drain.signal();
        let serving =
            tokio::spawn(async move { listener.serve_plain(router, &Limits::default(), signal).await });
        signals.stop().await;
        drain.begin(GRACE);
        serving.await?;
        Ok(())
    }

    fn logs(&self) -> Result<Vec<VerifierKey>, CouldNot> {
        let file = match &self.logs_file {
            Some(file) => std::fs::read_to_string(file)
                .map_err(|error| format!("cannot read {}: {}", file.display(), error.kind()))?,
            None => String::new(),
        };
        let listed = file.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let mut logs: Vec<VerifierKey> = Vec::new();
        for vkey in self.logs.iter().map(String::as_str).chain(listed) {
            let key: VerifierKey = vkey.parse().map_err(|error| format!("{vkey}: {error}"))?;
            if key.kind() != SignatureType::Ed25519 {
                return Err(format!("{vkey} is the key of a witness, not of a log").into());
            }
            logs.push(key);
        }
        if logs.is_empty() { Err("no log is given to watch".into()) } else { Ok(logs) }
    }
}

fn cosigner(name: &str, file: &Path) -> Result<Cosigner, CouldNot> {
    let pem = secret_file::read("--key", file)?;
    let wrong = || format!("{}: expected an Ed25519 private key (PKCS#8 PEM)", file.display());
    let Ok(PrivateKeyDer::Pkcs8(der)) = PrivateKeyDer::from_pem_slice(&pem) else {
        return Err(wrong().into());
    };
    let signer = NoteSigner::from_pkcs8(name, SignatureType::Cosignature, der.secret_pkcs8_der()).map_err(
        |error| match error {
            evidence::log_signer::SignerRefused::Public(why) => format!("--name {name}: {why}"),
            _ => wrong(),
        },
    )?;
    Ok(Cosigner::new(signer)?)
}
