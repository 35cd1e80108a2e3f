//! The registry behind the peers: one record for every question, over plain HTTP with connections kept.

use std::convert::Infallible;
use std::net::SocketAddr;

use bytes::Bytes;
use clap::Args;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::Fault;

/// Of the size of a person's record.
const RECORD: &str = r#"{"iin":"900101300017","surname":"ТЕСТОВ","name":"ТЕСТ","patronymic":"ТЕСТОВИЧ","born":"1990-01-01","sex":"male","citizenship":"KAZ","nationality":"казах","place-of-birth":"Алматы","address":{"region":"Алматы","street":"Абая","house":"10","flat":"5"},"documents":[{"kind":"identity-card","number":"012345678","issued":"2015-03-01","until":"2025-03-01","issuer":"МВД РК"}],"status":"alive"}"#;

/// `negiz-bench registry`.
#[derive(Debug, Args)]
pub(crate) struct Registry {
    #[arg(long)]
    listen: SocketAddr,
}

impl Registry {
    pub(crate) async fn run(self) -> Result<(), Fault> {
        let listener = TcpListener::bind(self.listen).await?;
        loop {
            let (socket, _) = listener.accept().await?;
            socket.set_nodelay(true)?;
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(socket), service_fn(answer)));
        }
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut body = request.into_body();
    while let Some(Ok(_)) = body.frame().await {}
    let mut response = Response::new(Full::new(Bytes::from_static(RECORD.as_bytes())));
    response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
    Ok(response)
}
