//! Requests signed beforehand, each another document, so that signing is no part of what is measured.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use certs::issue::{SigningKey, cms, jws};
use clap::{Args, ValueEnum};
use negiz_tests::document::{document, seconds_from_now};
use negiz_tests::manifest::{Case, Manifest, Registry};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde_json::Value;
use uuid::Uuid;

use crate::Fault;
use crate::crowd::{Crowd, Drawn};

/// Requests in one case, where cases are many: whoever begins to ask asks several times.
const IN_ONE_CASE: usize = 4;

/// How a document is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Envelope {
    Cms,
    Jws,
}

impl Envelope {
    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Cms => "application/cms",
            Self::Jws => "application/jose",
        }
    }
}

/// Who asks for what, and how it is signed.
#[derive(Clone, Debug)]
pub(crate) struct Hand {
    pub(crate) officer: String,
    pub(crate) envelope: Envelope,
    pub(crate) cited: Cited,
}

/// Which cases requests cite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cited {
    /// The officer's own.
    Open,
    /// Another of his: requests that must be refused.
    Closed,
    /// Any of so many, some requests in each, signed by whoever has it ([`Crowd`]).
    Any(u64),
}

/// Signs documents of one officer, or of a crowd.
pub(crate) struct Sheaf {
    key: SigningKey,
    certificate: Vec<u8>,
    template: Value,
    envelope: Envelope,
    crowd: Option<Crowd>,
}

impl Sheaf {
    pub(crate) fn new(directory: &Path, manifest: &Manifest, hand: &Hand) -> Result<Self, Fault> {
        let officer = manifest.officer(&hand.officer);
        let status = if hand.cited == Cited::Closed { "closed" } else { "open" };
        let suits =
            |case: &&Case| case.holder == officer.iin && case.kind == "criminal" && case.status == status;
        let case = manifest.cases.iter().find(suits).ok_or("the officer has no such case")?;
        let asked =
            |registry: &&Registry| registry.operation == "person-by-iin" && registry.state == "integrated";
        let registry = manifest.registries.iter().find(asked).ok_or("no registry of persons")?;
        let key = SigningKey::from_pkcs8_pem(&std::fs::read_to_string(directory.join(&officer.key))?)?;
        let bin = &manifest.agency(&officer.agency).bin;
        let crowd = match hand.cited {
            Cited::Any(cases) => Some(Crowd::new(directory, &key, bin, cases)?),
            Cited::Open | Cited::Closed => None,
        };
        Ok(Self {
            key,
            certificate: CertificateDer::from_pem_file(directory.join(&officer.cert))?.to_vec(),
            template: document(bin, case, registry),
            envelope: hand.envelope,
            crowd,
        })
    }

    fn one(&self, drawn: Option<&Drawn>) -> Result<Bytes, Fault> {
        let mut document = self.template.clone();
        if let Some(drawn) = drawn {
            *document.pointer_mut("/basis/case").ok_or("a document that cites no case")? =
                drawn.case.as_str().into();
        }
        let certificate = drawn.map_or(&self.certificate, |drawn| &drawn.certificate);
        for (member, value) in [("id", Uuid::new_v4().to_string()), ("issued", seconds_from_now(0))] {
            if let Some(place) = document.get_mut(member) {
                *place = value.into();
            }
        }
        let content = serde_json::to_vec(&document)?;
        Ok(match self.envelope {
            Envelope::Cms => cms::sign(&content, &self.key, certificate, &[])?.into(),
            Envelope::Jws => jws::sign(&content, &self.key, certificate, &[])?.into(),
        })
    }

    /// Requests in one case are apart from each other, as far as can be.
    fn some(&self, count: usize) -> Result<Vec<Bytes>, Fault> {
        let Some(crowd) = &self.crowd else { return (0..count).map(|_| self.one(None)).collect() };
        let drawn = (0..count.div_ceil(IN_ONE_CASE)).map(|_| crowd.draw()).collect::<Result<Vec<_>, _>>()?;
        drawn.iter().cycle().take(count).map(|drawn| self.one(Some(drawn))).collect()
    }

    /// So many different requests. Uses every core: nothing is measured meanwhile.
    pub(crate) fn sign(&self, count: usize) -> Result<Vec<Bytes>, Fault> {
        let threads = std::thread::available_parallelism()?.get();
        std::thread::scope(|scope| {
            let share = count.div_ceil(threads);
            let work = (0..threads).map(|at| {
                let mine = share.min(count.saturating_sub(at * share));
                scope.spawn(move || self.some(mine))
            });
            let mut signed = Vec::with_capacity(count);
            for thread in work.collect::<Vec<_>>() {
                signed.extend(thread.join().map_err(|_| "signing ended early")??);
            }
            Ok(signed)
        })
    }
}

/// `negiz-bench sign`.
#[derive(Debug, Args)]
pub(crate) struct Sign {
    /// A demonstration's directory.
    #[arg(long)]
    dir: PathBuf,
    /// Where `00000000.bin`, `00000001.bin`, … go; with `--lines`, the one file.
    #[arg(long)]
    out: PathBuf,
    /// One file with a request a line, as `oha -Z` takes them. JWS alone is text.
    #[arg(long)]
    lines: bool,
    #[arg(long, default_value = "akhmetov")]
    officer: String,
    #[arg(long, value_enum, default_value = "jws")]
    envelope: Envelope,
    #[arg(long, default_value_t = 1000)]
    count: usize,
}

impl Sign {
    pub(crate) fn run(self) -> Result<(), Fault> {
        let manifest = Manifest::read(&self.dir);
        let hand = Hand { officer: self.officer, envelope: self.envelope, cited: Cited::Open };
        if self.lines && self.envelope != Envelope::Jws {
            return Err("only requests in JWS are lines of text".into());
        }
        let signed = Sheaf::new(&self.dir, &manifest, &hand)?.sign(self.count)?;
        if self.lines {
            std::fs::write(&self.out, signed.join(&b'\n'))?;
        } else {
            std::fs::create_dir_all(&self.out)?;
            for (at, request) in signed.iter().enumerate() {
                std::fs::write(self.out.join(format!("{at:08}.bin")), request)?;
            }
        }
        println!(
            "{} requests in {} (Content-Type: {})",
            signed.len(),
            self.out.display(),
            self.envelope.media_type()
        );
        Ok(())
    }
}
