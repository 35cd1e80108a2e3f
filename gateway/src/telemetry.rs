//! What operators and monitoring see of the gateway: metrics, logs, traces. Never personal data.

mod line;
pub mod metrics;
pub(crate) mod otlp;
mod redaction;
mod sink;
pub mod trace;

use std::io::Write;
use std::time::Duration;

use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, Registry};

use crate::config::{self, Format, Telemetry};

/// Crates whose messages are our own words. Others are heard from `warn` on: below that they print what they parse.
const OURS: [&str; 5] = ["gateway", "negiz", "certs", "policy", "evidence"];

/// How long the last lines and spans may take to leave.
const FAREWELL: Duration = Duration::from_secs(2);

/// Telemetry could not be started.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    #[error("the exporter of traces cannot be set up")]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
    #[error("another program part has claimed the log")]
    Claimed(#[from] tracing_subscriber::util::TryInitError),
    #[error("the thread that writes the log cannot be started")]
    Writer(#[from] std::io::Error),
}

/// Logs and traces while it lives.
#[derive(Debug)]
pub struct Reporting {
    sink: sink::Sink,
    traces: Option<SdkTracerProvider>,
}

/// Starts writing logs to standard error and, if configured, sending traces. Once per process.
///
/// # Errors
/// If it was started before, or the exporter's address cannot be used.
pub fn start(telemetry: &Telemetry) -> Result<Reporting, TelemetryError> {
    let (reporting, subscriber) = prepare(telemetry, Box::new(std::io::stderr()))?;
    subscriber.try_init()?;
    Ok(reporting)
}

/// As [`start`], with the log going to `out`, and without claiming the process's log: what the returned dispatcher is
/// the default of is reported. For tests.
///
/// # Errors
/// As [`start`].
pub fn capture(
    telemetry: &Telemetry,
    out: Box<dyn Write + Send>,
) -> Result<(Reporting, tracing::Dispatch), TelemetryError> {
    let (reporting, subscriber) = prepare(telemetry, out)?;
    Ok((reporting, tracing::Dispatch::new(subscriber)))
}

type Subscriber = Box<dyn tracing::Subscriber + Send + Sync>;

fn prepare(
    telemetry: &Telemetry,
    out: Box<dyn Write + Send>,
) -> Result<(Reporting, Subscriber), TelemetryError> {
    let level = level(telemetry.level);
    let filter = OURS.iter().fold(Targets::new().with_default(level.min(Level::WARN)), |targets, ours| {
        targets.with_target(*ours, level)
    });
    let sink = sink::Sink::start(out)?;
    let writer = sink.writer();
    let lines = match telemetry.format {
        Format::Json => tracing_subscriber::fmt::layer()
            .event_format(line::JsonLine)
            .fmt_fields(line::JsonFields)
            .with_writer(writer)
            .boxed(),
        Format::Text => tracing_subscriber::fmt::layer().with_ansi(false).with_writer(writer).boxed(),
    };
    let traces = telemetry.otlp.as_deref().map(otlp::provider).transpose()?;
    let spans = traces.as_ref().map(otlp::layer);
    let subscriber = Registry::default().with(spans).with(lines).with(filter);
    Ok((Reporting { sink, traces }, Box::new(subscriber)))
}

const fn level(level: config::Level) -> Level {
    match level {
        config::Level::Error => Level::ERROR,
        config::Level::Warn => Level::WARN,
        config::Level::Info => Level::INFO,
        config::Level::Debug => Level::DEBUG,
        config::Level::Trace => Level::TRACE,
    }
}

impl Reporting {
    /// Writes and sends what is left, as far as that is possible in two seconds each. Blocks; so does dropping it.
    pub fn finish(self) {
        drop(self);
    }
}

impl Drop for Reporting {
    fn drop(&mut self) {
        if let Some(traces) = self.traces.take() {
            // A collector that is gone is no reason to stay.
            let _ = traces.shutdown_with_timeout(FAREWELL);
        }
        self.sink.finish(FAREWELL);
    }
}
