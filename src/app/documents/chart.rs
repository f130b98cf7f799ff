//! The result as a chart: which documents it is drawn from, how it is drawn, and where it is scrolled to.
//!
//! Reads what the table has not read so far by pages of its own, up to what a chart shows, and keeps labels and numbers
//! alone. Invariant: a chart is of the feed that is shown, or is read anew.

use std::sync::Arc;

use bson::RawDocumentBuf;

use super::{Documents, Handled, Origin, View};
use crate::app::command::Command;
use crate::app::export::form::ExportForm;
use crate::app::overlay::Overlay;
use crate::app::scope::{Asker, Scope};
use crate::mongo::request::{Extent, Failure, FailureKind, FeedId, Reply, Request, Side, TaskId};
use crate::value::chart::{Data, Kind, MOST_ROWS};

/// Documents that are asked for at once.
const PAGE: usize = 1_000;
/// Bytes that are asked for at once.
const PAGE_BYTES: usize = 4 << 20;
/// Bytes of documents that a chart is drawn from, at the most.
const MOST_BYTES: usize = 32 << 20;
/// Documents by which it is decided whether a result groups.
const LOOKED_AT: usize = 50;
/// The size of a drawing, in points.
const DRAWING: (u32, u32) = (960, 540);

/// A result as a chart.
#[derive(Debug)]
pub struct ChartView {
    feed: FeedId,
    /// What there is to draw.
    pub state: ChartState,
    /// How it is drawn; `None` as suits it.
    pub kind: Option<Kind>,
    /// The first label shown.
    pub first: usize,
    /// Documents that it is drawn from.
    pub read: u64,
    /// Whether there are further documents, which it is not drawn from.
    pub more: bool,
}

/// What there is to draw.
#[derive(Debug)]
pub enum ChartState {
    /// The documents are still read.
    Reading {
        /// The page that is awaited.
        task: TaskId,
        /// The documents so far.
        got: Vec<Arc<RawDocumentBuf>>,
        /// Their bytes.
        bytes: usize,
    },
    /// Labels and numbers.
    Ready(Box<Data>),
    /// It makes no chart: why.
    Not(String),
}

impl ChartView {
    /// How it is drawn, once that is known.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        match &self.state {
            ChartState::Ready(data) => {
                Some(data.drawn_as(self.kind.unwrap_or_else(|| data.suited())))
            }
            _ => None,
        }
    }

    /// The numbers, once they are there.
    #[must_use]
    pub fn data(&self) -> Option<&Data> {
        match &self.state {
            ChartState::Ready(data) => Some(data),
            _ => None,
        }
    }

    fn of(&mut self, documents: &[Arc<RawDocumentBuf>], beyond: Option<u64>) {
        let shown: Vec<&bson::RawDocument> = documents
            .iter()
            .take(MOST_ROWS)
            .map(|d| -> &bson::RawDocument { d })
            .collect();
        self.read = shown.len() as u64;
        self.state = match Data::of(&shown) {
            Ok(mut data) => {
                if let Some(all) = beyond {
                    data.left_out = usize::try_from(all.saturating_sub(self.read)).unwrap_or(0);
                }
                ChartState::Ready(Box::new(data))
            }
            Err(why) => ChartState::Not(why.to_string()),
        };
    }

    fn scroll(&mut self, command: Command, rows: usize) -> bool {
        let (Some(data), Some(kind)) = (self.data(), self.kind()) else {
            return false;
        };
        let fits = data.fits(kind, rows);
        let last = data.places(kind).saturating_sub(fits);
        self.first = match command {
            Command::CursorUp => self.first.saturating_sub(1),
            Command::CursorDown => self.first + 1,
            Command::PageUp => self.first.saturating_sub(fits),
            Command::PageDown => self.first + fits,
            Command::HalfPageUp => self.first.saturating_sub(fits / 2 + 1),
            Command::HalfPageDown => self.first + fits / 2 + 1,
            Command::CursorFirst => 0,
            Command::CursorLast => last,
            _ => return false,
        }
        .min(last);
        true
    }
}

impl Documents {
    /// Whether the result groups, so that a chart is one of its pictures.
    #[must_use]
    pub fn groups(&self) -> bool {
        let result = match &self.origin {
            Origin::Collection => false,
            Origin::Statement(statement) => !statement.gives_whole_documents(),
            Origin::Value => true,
        };
        if !result || self.feed.rows.len() < 2 {
            return false;
        }
        let some: Vec<_> = self.feed.rows.kept().take(LOOKED_AT).collect();
        let some: Vec<&bson::RawDocument> = some
            .iter()
            .map(|(_, d)| -> &bson::RawDocument { d })
            .collect();
        Data::of(&some).is_ok()
    }

    /// Turns to the chart, drawn as `kind`, else as suits it.
    pub fn show_chart(&mut self, scope: &mut Scope<'_>, kind: Option<Kind>) {
        if kind.is_some()
            && let Some(chart) = &mut self.chart
        {
            chart.kind = kind;
        }
        self.show(View::Chart);
        self.fill_chart(scope);
        if let (Some(kind), Some(chart)) = (kind, &mut self.chart) {
            chart.kind = Some(kind);
        }
        self.settle_view(scope);
    }

    /// Begins to read what the chart is drawn from, where it is of other rows than those shown.
    pub(super) fn fill_chart(&mut self, scope: &mut Scope<'_>) {
        if self.view != View::Chart || self.feed.is_outdated() || self.feed.rows.is_empty() {
            return;
        }
        let feed = self.feed.id();
        if self.chart.as_ref().is_some_and(|c| c.feed == feed) {
            return;
        }
        let (kind, first) = (self.chart.as_ref()).map_or((None, 0), |c| (c.kind, c.first));
        let mut chart = ChartView {
            feed,
            state: ChartState::Not(String::new()),
            kind,
            first,
            read: 0,
            more: false,
        };
        let kept: Vec<Arc<RawDocumentBuf>> =
            self.feed.rows.kept().map(|(_, d)| d.clone()).collect();
        match self.feed.rows.total() {
            Some(total) if total == kept.len() as u64 => {
                chart.more = total > MOST_ROWS as u64;
                chart.of(&kept, Some(total));
            }
            _ => {
                let task = self.ask_chart(scope, feed, 0);
                chart.state = ChartState::Reading {
                    task,
                    got: Vec::new(),
                    bytes: 0,
                };
            }
        }
        self.chart = Some(chart);
    }

    fn ask_chart(&self, scope: &mut Scope<'_>, feed: FeedId, from: usize) -> TaskId {
        let request = Request::Page {
            feed,
            side: Side::Start,
            offset: from as u64,
            count: PAGE.min(MOST_ROWS + 1 - from.min(MOST_ROWS)),
            max_bytes: PAGE_BYTES,
        };
        scope.ask(Asker::Tab(self.tab), &self.profile, request)
    }

    /// Takes documents for the chart. Whether they were for it.
    pub(super) fn chart_settled(
        &mut self,
        scope: &mut Scope<'_>,
        task: TaskId,
        result: &Result<Reply, Failure>,
    ) -> bool {
        let Some(chart) = &mut self.chart else {
            return false;
        };
        let ChartState::Reading {
            task: awaited,
            got,
            bytes,
        } = &mut chart.state
        else {
            return false;
        };
        if *awaited != task {
            return false;
        }
        let page = match result {
            Ok(Reply::Page(page)) => page,
            Ok(_) => return true,
            Err(failure) => {
                chart.state = ChartState::Not(match failure.kind {
                    FailureKind::Cancelled => "stopped; refresh to read again".to_owned(),
                    _ => failure.to_string(),
                });
                return true;
            }
        };
        *bytes += page
            .documents
            .iter()
            .map(|d| d.as_bytes().len())
            .sum::<usize>();
        got.extend(page.documents.iter().cloned());
        let all = match page.extent {
            Extent::Exactly(all) => Some(all),
            Extent::AtLeast(_) => None,
        };
        let enough = got.len() > MOST_ROWS || *bytes > MOST_BYTES || page.documents.is_empty();
        if all.is_some_and(|all| got.len() as u64 >= all) || enough {
            let got = std::mem::take(got);
            chart.more = all.is_none_or(|all| all > got.len().min(MOST_ROWS) as u64);
            chart.of(&got, all);
            return true;
        }
        let (feed, from) = (chart.feed, got.len());
        let next = self.ask_chart(scope, feed, from);
        if let Some(ChartView {
            state: ChartState::Reading { task, .. },
            ..
        }) = &mut self.chart
        {
            *task = next;
        }
        true
    }

    /// Takes a command while the chart is shown.
    pub(super) fn chart_command(&mut self, scope: &mut Scope<'_>, command: Command) -> Handled {
        let rows = scope.regions.main_rows.max(1);
        match command {
            Command::Back => self.show(View::Table),
            Command::ChartKind => {
                if let Some(chart) = &mut self.chart
                    && let Some(now) = chart.kind()
                {
                    let at = Kind::ALL.iter().position(|k| *k == now).unwrap_or(0);
                    // Kinds that the data cannot be drawn as are passed over.
                    let fits = |k: &Kind| chart.data().is_none_or(|d| d.drawn_as(*k) == *k);
                    let next = (1..=Kind::ALL.len())
                        .filter_map(|n| Kind::ALL.get((at + n) % Kind::ALL.len()).copied())
                        .find(fits);
                    chart.kind = next;
                    chart.first = 0;
                }
            }
            Command::SaveChart => self.save_chart(scope),
            command => {
                let taken = self.chart.as_mut().is_some_and(|c| c.scroll(command, rows));
                if !taken {
                    return Handled::No;
                }
            }
        }
        Handled::Yes
    }

    /// Asks where the chart is to be written as a drawing.
    fn save_chart(&self, scope: &mut Scope<'_>) {
        let chart = self.chart.as_ref();
        let drawn = chart.and_then(|c| Some((c.data()?, c.kind()?)));
        let Some((data, kind)) = drawn else {
            return scope.info("there is no chart to save");
        };
        let (width, height) = DRAWING;
        let name = match self.namespace.collection.as_str() {
            "" => &self.namespace.database,
            name => name,
        };
        let form = ExportForm::text(
            self.tab,
            self.profile.clone(),
            format!("the chart as a drawing of {width} by {height} points (SVG)"),
            data.svg(kind, width, height),
            &format!("{name}-{}.svg", kind.name()),
        );
        scope.overlays.push(Overlay::Export(Box::new(form)));
    }
}
