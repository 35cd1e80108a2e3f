//! What a request costs, side by side with what one would build instead. How to run it: `bench/README.md`.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a bench talks to the person who started it")]

mod authorise;
mod compare;
mod country;
mod cpu;
mod crowd;
mod figure;
mod fill;
mod fsck;
mod growth;
mod idle;
mod load;
mod machine;
mod peer;
mod plot;
mod registry;
mod report;
mod scenario;
mod sheaf;
mod soak;
mod stand;
mod start;
mod strangers;
mod tls;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Whatever makes a figure impossible ends the bench with one line.
pub(crate) type Fault = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug, Parser)]
#[command(name = "negiz-bench", about = "Measures Negiz beside its peers.")]
struct Arguments {
    /// The `negiz` to measure.
    #[arg(long, global = true, default_value = "target/release/negiz", value_name = "FILE")]
    negiz: PathBuf,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Everything in one run, interleaved; writes docs/performance.md.
    Compare(compare::Compare),
    /// Memory of idle mutual-TLS connections, at rest and after a cold start.
    Idle(idle::Idle),
    /// The same request while everything grows: cases, users, agencies, the log.
    Growth(growth::Growth),
    /// A journal of a million entries: what writing it costs, the room it takes, how long `negiz log fsck` does.
    Fsck(fsck::Fsck),
    /// A steady load for a while: memory must not grow.
    Soak(soak::Soak),
    /// The gateway as it is measured, left standing for another load generator.
    Stand(stand::Stand),
    /// Writes pre-signed requests of one officer to files, for another load generator.
    Sign(sheaf::Sign),
    /// The registry behind the peers: answers every question with one record.
    #[command(hide = true)]
    Registry(registry::Registry),
    /// A peer: nginx's `auth_request` in Rust.
    #[command(hide = true)]
    Authorise(authorise::Authorise),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("negiz-bench: {error}");
            return ExitCode::from(3);
        }
    };
    let done = runtime.block_on(async {
        match arguments.what {
            What::Compare(compare) => compare.run(&arguments.negiz).await,
            What::Idle(idle) => idle.run(&arguments.negiz).await,
            What::Growth(growth) => growth.run(&arguments.negiz).await,
            What::Fsck(fsck) => fsck.run(&arguments.negiz).await,
            What::Soak(soak) => soak.run(&arguments.negiz).await,
            What::Stand(stand) => stand.run(&arguments.negiz).await,
            What::Sign(sign) => sign.run(),
            What::Registry(registry) => registry.run().await,
            What::Authorise(service) => service.run().await,
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("negiz-bench: {error}");
            ExitCode::from(3)
        }
    }
}
