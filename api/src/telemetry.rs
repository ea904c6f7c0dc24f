//! Requests as traces, for an OpenTelemetry collector (OTLP over HTTP). Only with the feature `otel`, and if
//! `OTEL_EXPORTER_OTLP_ENDPOINT` says where; the other `OTEL_…` variables of its specification count too.

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

/// Where traces go, if anywhere.
const WHERE: [&str; 2] = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];

/// The headers that say which trace a request belongs to (W3C Trace Context).
const CONTEXT: [&str; 2] = ["traceparent", "tracestate"];

/// Traces on their way to a collector. What waits is sent when this is dropped.
pub struct Telemetry(SdkTracerProvider);

impl Telemetry {
    /// Begins to send traces, if the environment says where.
    pub fn begin() -> Option<Result<Self, ExporterBuildError>> {
        WHERE.iter().any(|name| env::var_os(name).is_some()).then(|| {
            let exporter = SpanExporter::builder().with_http().build()?;
            let resource = Resource::builder();
            let resource = match env::var_os("OTEL_SERVICE_NAME") {
                Some(_) => resource,
                None => resource.with_service_name("bifrons"),
            };
            Ok(Self(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource.build()).build()))
        })
    }

    /// What turns spans into traces.
    pub fn layer(&self) -> Box<dyn Layer<Registry> + Send + Sync> {
        tracing_opentelemetry::layer().with_tracer(self.0.tracer("bifrons")).boxed()
    }
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        // A collector that is not there is nobody's loss.
        let _ = self.0.shutdown();
    }
}

/// A request begins, maybe as a part of somebody else's trace.
pub(crate) fn begin(span: &Span, header: impl Fn(&str) -> Option<String>) {
    let given: HashMap<_, _> = CONTEXT.iter().filter_map(|name| Some(((*name).to_owned(), header(name)?))).collect();
    if !given.is_empty() {
        let _ = span.set_parent(TraceContextPropagator::new().extract(&given));
    }
}

/// A request was answered: the attributes are those of OpenTelemetry's conventions for HTTP.
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
