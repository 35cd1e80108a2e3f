//! Traces to a collector, if one is configured (OTLP over HTTP with protobuf).

use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry::Context;
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState, TracerProvider as _,
};
use opentelemetry_otlp::{ExporterBuildError, Protocol, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::Layer;
use tracing_subscriber::registry::LookupSpan;

use super::trace::Trace;

const NAME: &str = "negiz";

/// Whether spans leave at all; without a collector nothing is spent on them.
static EXPORTING: AtomicBool = AtomicBool::new(false);

/// Puts the span of a request under the trace that its log lines name. What the caller says of sampling is not heard.
pub(crate) fn adopt(span: &tracing::Span, trace: &Trace) {
    if !EXPORTING.load(Ordering::Relaxed) {
        return;
    }
    let (id, parent) = (TraceId::from_bytes(trace.id.to_bytes()), SpanId::from_bytes(trace.parent));
    let above = SpanContext::new(id, parent, TraceFlags::SAMPLED, true, TraceState::default());
    // It fails only for a span that has begun, and this one has not.
    let _ = span.set_parent(Context::new().with_remote_span_context(above));
}

/// Spans leave in batches from a thread of their own; when the collector is slow they are dropped, not waited for.
pub(super) fn provider(address: &str) -> Result<SdkTracerProvider, ExporterBuildError> {
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{}/v1/traces", address.trim_end_matches('/')))
        .build()?;
    let resource = Resource::builder_empty()
        .with_service_name(NAME)
        .with_attribute(opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    EXPORTING.store(true, Ordering::Relaxed);
    Ok(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build())
}

pub(super) fn layer<S>(provider: &SdkTracerProvider) -> impl Layer<S> + use<S>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
{
    tracing_opentelemetry::layer().with_tracer(provider.tracer(NAME))
}
