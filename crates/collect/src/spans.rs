//! Labels from the spans of the crate `tracing`.

use std::cell::RefCell;
use std::fmt;

use tracing_core::Subscriber;
use tracing_core::field::{Field, Visit};
use tracing_core::span::{Attributes, Id, Record};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use crate::Labels;
use crate::labels::EnteredLabels;

/// A layer for `tracing-subscriber` that makes fields of spans the labels of whatever runs inside of them.
///
/// ```
/// use tracing_subscriber::layer::SubscriberExt;
///
/// let layer = hotlist_collect::LabelsLayer::new(["tenant", "route"]);
/// let subscriber = tracing_subscriber::registry().with(layer);
/// tracing::subscriber::with_default(subscriber, || {
///     let _span = tracing::info_span!("request", tenant = "acme", number = 7).entered();
///     let labels = hotlist_collect::Labels::current().pairs();
///     assert_eq!(labels, [("tenant".to_owned(), "acme".to_owned())]);
/// });
/// ```
///
/// Labels are found out when a span is made, from its fields and the labels of where it is made, or of the parent
/// that it names; entering it costs two memory accesses. A future that is instrumented with a span has its labels
/// whenever it is polled.
///
/// Every different set of labels is remembered for ever (see [`Labels`]), so only the fields that are asked for are
/// taken, and they should have few different values.
#[derive(Clone, Debug)]
pub struct LabelsLayer {
    fields: Vec<String>,
}

/// What a span carries.
#[derive(Clone, Copy)]
struct OfSpan(Labels);

thread_local! {
    /// The spans that the thread is in, with what it had before.
    static ENTERED: RefCell<Vec<(Id, EnteredLabels)>> = const { RefCell::new(Vec::new()) };
}

impl LabelsLayer {
    /// A layer that makes labels of the fields with these names.
    pub fn new<N: Into<String>>(fields: impl IntoIterator<Item = N>) -> LabelsLayer {
        LabelsLayer { fields: fields.into_iter().map(Into::into).collect() }
    }

    /// The labels with those of the fields that are asked for.
    fn add(&self, labels: Labels, record: impl FnOnce(&mut Found<'_>)) -> Labels {
        let mut found = Found { wanted: &self.fields, pairs: Vec::new() };
        record(&mut found);
        let pairs: Vec<(&str, &str)> = found.pairs.iter().map(|(key, value)| (*key, &**value)).collect();
        if pairs.is_empty() { labels } else { labels.with(&pairs) }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for LabelsLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let around = if attributes.is_contextual() {
            Labels::current()
        } else {
            let of_parent = |parent: &Id| context.span(parent)?.extensions().get::<OfSpan>().copied();
            attributes.parent().and_then(of_parent).map_or(Labels::none(), |OfSpan(labels)| labels)
        };
        let labels = self.add(around, |found| attributes.record(found));
        span.extensions_mut().insert(OfSpan(labels));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut extensions = span.extensions_mut();
        if let Some(OfSpan(labels)) = extensions.get_mut::<OfSpan>() {
            *labels = self.add(*labels, |found| values.record(found));
        }
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let Some(OfSpan(labels)) = span.extensions().get::<OfSpan>().copied() else { return };
        // Not there any more while a thread ends; then nobody looks at its labels either.
        _ = ENTERED.try_with(|entered| entered.borrow_mut().push((id.clone(), labels.enter())));
    }

    fn on_exit(&self, id: &Id, _context: Context<'_, S>) {
        _ = ENTERED.try_with(|entered| {
            let mut entered = entered.borrow_mut();
            if let Some(place) = entered.iter().rposition(|(other, _)| other == id) {
                drop(entered.remove(place));
            }
        });
    }
}

/// The fields that are asked for, as text.
struct Found<'a> {
    wanted: &'a [String],
    pairs: Vec<(&'static str, String)>,
}

impl Visit for Found<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if self.wanted.iter().any(|wanted| wanted == field.name()) {
            self.pairs.push((field.name(), format!("{value:?}")));
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }
}
