//! `negiz serve`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;

use crate::clock::SystemClock;
use crate::command::{complain, say};
use crate::config::Config;
use crate::listener::raise_descriptor_limit;
use crate::serve::{Node, start};
use crate::signals::{Signal, Signals};
use crate::store::HoldError;
use crate::telemetry;

/// Runs a node until SIGTERM: then it finishes what it has begun and ends. SIGHUP takes up certificates, authorities and
/// revocation lists anew without dropping a connection. Prints the address of each listener, one a line (port 0 takes a free one),
/// then a line that begins with `ready`.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// The configuration, as docs/configuration.md describes it.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

impl Serve {
    pub(super) async fn run(self) -> ExitCode {
        let config = match Config::load(&self.config) {
            Ok(config) => config,
            Err(error) => return complain(&error),
        };
        let _telemetry = match telemetry::start(&config.telemetry) {
            Ok(telemetry) => telemetry,
            Err(error) => return complain(&error),
        };
        raise_descriptor_limit();
        let mut signals = match Signals::listen() {
            Ok(signals) => signals,
            Err(error) => return complain(&error),
        };
        let node = match start(&config, Arc::new(SystemClock)).await {
            Ok(node) => node,
            Err(error) => return complain(&error),
        };
        say(format_args!("exchange https://{}", node.exchange));
        say(format_args!("console https://{}", node.console));
        say(format_args!("admin http://{}", node.admin));
        say(format_args!("ready https://{}", node.exchange));
        let displaced = loop {
            tokio::select! {
                signal = signals.next() => match signal {
                    Signal::Stop => break false,
                    Signal::Reload => self.reload(&node).await,
                },
                () = node.displaced() => break true,
            }
        };
        let drained = node.stop().await;
        tracing::info!(finished = drained.finished, cut = drained.cut, "drained");
        match displaced {
            true => complain(&HoldError::Taken { origin: config.origin() }),
            false => ExitCode::SUCCESS,
        }
    }

    async fn reload(&self, node: &Node) {
        match Config::load(&self.config) {
            Ok(config) => node.reload(&config).await,
            Err(error) => tracing::error!(error = &error as &dyn std::error::Error, "not reloaded"),
        }
    }
}
