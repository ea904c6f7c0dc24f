//! Sends each request as a trace to an OpenTelemetry collector (OTLP over HTTP). Needs the feature `otel`, and
//! `OTEL_EXPORTER_OTLP_ENDPOINT` in the environment. The other `OTEL_…` variables of the specification apply too.

use std::{collections::HashMap, env};

use opentelemetry::{
    propagation::TextMapPropagator,
    trace::{Status, TracerProvider},
};
use opentelemetry_otlp::{ExporterBuildError, SpanExporter};
use opentelemetry_sdk::{Resource, propagation::TraceContextPropagator, trace::SdkTracerProvider};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{Layer, Registry};

/// Each of them names the collector. Without one, no traces are sent.
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];

/// The headers that name the trace of a request (W3C Trace Context).
const CONTEXT: [&str; 2] = ["traceparent", "tracestate"];

/// The connection to a collector. Dropping it sends the traces that are still in memory.
pub struct Telemetry(SdkTracerProvider);

impl Telemetry {
    /// Returns None if the environment names no collector.
    pub fn begin() -> Option<Result<Self, ExporterBuildError>> {
        ENDPOINTS.iter().any(|name| env::var_os(name).is_some()).then(|| {
            let exporter = SpanExporter::builder().with_http().build()?;
            let resource = Resource::builder();
            let resource = match env::var_os("OTEL_SERVICE_NAME") {
                Some(_) => resource,
                None => resource.with_service_name("bifrons"),
            };
            Ok(Self(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource.build()).build()))
        })
    }

    /// The subscriber layer that makes traces of spans.
    pub fn layer(&self) -> Box<dyn Layer<Registry> + Send + Sync> {
        tracing_opentelemetry::layer().with_tracer(self.0.tracer("bifrons")).boxed()
    }
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        // An unreachable collector must not fail the stop.
        let _ = self.0.shutdown();
    }
}

/// Makes the span of a request a part of the client's trace, if the client sent one.
pub(crate) fn begin(span: &Span, header: impl Fn(&str) -> Option<String>) {
    let given: HashMap<_, _> = CONTEXT.iter().filter_map(|name| Some(((*name).to_owned(), header(name)?))).collect();
    if !given.is_empty() {
        let _ = span.set_parent(TraceContextPropagator::new().extract(&given));
    }
}

/// Adds the answer to the span, with the attributes of OpenTelemetry's conventions for HTTP.
pub(crate) fn end(span: &Span, operation: Option<&'static str>, method: &str, status: u16) {
    span.set_attribute("http.request.method", method.to_owned());
    span.set_attribute("http.response.status_code", i64::from(status));
    if let Some(operation) = operation {
        span.set_attribute("bifrons.operation", operation);
    }
    if status >= 500 {
        span.set_status(Status::error(""));
    }
}
