//! A peer: what a careful team would put behind nginx's `auth_request` in Rust.
//!
//! It checks the document's signature (compact JWS, ES256, `x5c`), looks signer and case up with one SELECT and leaves one
//! durable row. It does far less than Negiz: no revocation, no rules, no record of the answer, no proof.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use clap::Args;
use http::{Request, Response, StatusCode};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use serde::Deserialize;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tokio::net::TcpListener;
use uuid::Uuid;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;

use crate::Fault;

/// `negiz-bench authorise`.
#[derive(Debug, Args)]
pub(crate) struct Authorise {
    #[arg(long)]
    listen: SocketAddr,
    #[arg(long)]
    database: String,
    /// The authority that issues officers' certificates, PEM.
    #[arg(long)]
    issuer: PathBuf,
}

struct Service {
    pool: PgPool,
    issuer: Vec<u8>,
    /// Certificates that were verified, by their text in `x5c`.
    signers: Mutex<HashMap<String, Arc<Signer>>>,
}

struct Signer {
    key: Vec<u8>,
    iin: String,
    until: i64,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    x5c: Vec<String>,
}

#[derive(Deserialize)]
struct Document {
    id: Uuid,
    basis: Basis,
}

#[derive(Deserialize)]
struct Basis {
    case: String,
}

impl Authorise {
    pub(crate) async fn run(self) -> Result<(), Fault> {
        let pool = PgPoolOptions::new().min_connections(16).max_connections(16).test_before_acquire(false);
        let service = Arc::new(Service {
            pool: pool.connect(&self.database).await?,
            issuer: CertificateDer::from_pem_file(self.issuer)?.to_vec(),
            signers: Mutex::default(),
        });
        let listener = TcpListener::bind(self.listen).await?;
        loop {
            let (socket, _) = listener.accept().await?;
            socket.set_nodelay(true)?;
            let service = Arc::clone(&service);
            let answer = service_fn(move |request| Arc::clone(&service).answer(request));
            tokio::spawn(
                http1::Builder::new().max_buf_size(64 * 1024).serve_connection(TokioIo::new(socket), answer),
            );
        }
    }
}

impl Service {
    async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<Empty<Bytes>>, Infallible> {
        let status = match self.authorise(&request).await {
            Ok(true) => StatusCode::NO_CONTENT,
            Ok(false) => StatusCode::FORBIDDEN,
            Err(_) => StatusCode::UNAUTHORIZED,
        };
        let mut response = Response::new(Empty::new());
        *response.status_mut() = status;
        Ok(response)
    }

    async fn authorise(&self, request: &Request<Incoming>) -> Result<bool, Fault> {
        let text = request.headers().get("x-document").ok_or("no document")?.to_str()?;
        let (signer, document) = self.verify(text)?;
        let status: Option<String> = sqlx::query_scalar(
            "SELECT c.status FROM cases AS c JOIN officers AS o ON o.iin = c.holder
             WHERE c.number = $1 AND o.iin = $2 AND o.state = 'registered'",
        )
        .bind(&document.basis.case)
        .bind(&signer.iin)
        .fetch_optional(&self.pool)
        .await?;
        sqlx::query("INSERT INTO audit (request, signer, document) VALUES ($1, $2, $3)")
            .bind(document.id)
            .bind(&signer.iin)
            .bind(text.as_bytes())
            .execute(&self.pool)
            .await?;
        Ok(status.as_deref() == Some("open"))
    }

    fn verify(&self, text: &str) -> Result<(Arc<Signer>, Document), Fault> {
        let (signed, signature) = text.rsplit_once('.').ok_or("no JWS")?;
        let (header, payload) = signed.split_once('.').ok_or("no JWS")?;
        let header: Header = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header)?)?;
        if header.alg != "ES256" {
            return Err("algorithm".into());
        }
        let signer = self.signer(header.x5c.first().ok_or("no certificate")?)?;
        if time::OffsetDateTime::now_utc().unix_timestamp() > signer.until {
            return Err("expired".into());
        }
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &signer.key);
        key.verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature)?).map_err(|_| "signature")?;
        Ok((signer, serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload)?)?))
    }

    fn signer(&self, text: &str) -> Result<Arc<Signer>, Fault> {
        let mut signers = self.signers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = signers.get(text) {
            return Ok(Arc::clone(known));
        }
        let der = STANDARD.decode(text)?;
        let (_, certificate) = X509Certificate::from_der(&der)?;
        let (_, issuer) = X509Certificate::from_der(&self.issuer)?;
        certificate.verify_signature(Some(issuer.public_key()))?;
        let number =
            certificate.subject().iter_attributes().find(|it| it.attr_type().to_id_string() == "2.5.4.5");
        let signer = Arc::new(Signer {
            key: certificate.public_key().subject_public_key.data.to_vec(),
            iin: number.ok_or("no number")?.as_str()?.trim_start_matches("IIN").to_owned(),
            until: certificate.validity().not_after.timestamp(),
        });
        signers.insert(text.to_owned(), Arc::clone(&signer));
        Ok(signer)
    }
}
