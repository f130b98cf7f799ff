//! Draws the panel of the members: a table of them, and below it what became of them.

use ratatui::layout::Rect;

use super::frame::{self, Column, Piece, below, line};
use crate::app::App;
use crate::app::monitor::Monitor;
use crate::app::monitor::reading::clock;
use crate::app::monitor::topology::{
    Line, Part, Vacancy, Weight, left_on, lines, parts, prospect, reason_words, vacancy, vacant_for,
};
use crate::app::profiles::PoolFigures;
use crate::app::scope::Moment;
use crate::app::words::several;
use crate::mongo::request::observe::{Cluster, Deployment, Member, ReplicaSet, Shard};
use crate::pool::ServerKind;
use crate::theme::Role;
use crate::view::overlay::wrap;
use crate::view::{Sheet, words};

/// The most that is told of what became of members.
const MOST_TURNS: usize = 50;

/// From so many columns on, everything about a member is in its row.
const WIDE: u16 = 90;

/// Draws the panel.
pub fn draw(sheet: &mut Sheet<'_>, tab: &Monitor, area: Rect) {
    let panel = &tab.topology;
    let figures = figures(sheet.app, tab);
    let vacant = vacancy(figures, panel.topology());
    let title: Vec<Piece> = match panel.topology().map(|t| (&t.deployment, &t.asked)) {
        Some((Deployment::Set(set), _)) => about_set(set, vacant.is_some()),
        Some((Deployment::Sharded(cluster), asked)) => about_cluster(cluster, asked),
        Some((Deployment::Standalone, asked)) => vec![
            (asked.clone(), Role::Title),
            ("  a server of its own".to_owned(), Role::Dim),
        ],
        None => vec![("members".to_owned(), Role::Title)],
    };
    let right = frame::read_at(sheet, &panel.reading);
    let area = frame::head(sheet, area, &title, &right);
    let area = match &vacant {
        Some(vacant) => without_primary(sheet, tab, area, vacant),
        None => area,
    };
    let area = frame::failure(sheet, area, panel.reading.failure());
    let Some(topology) = panel.topology() else {
        frame::nothing(sheet, tab, area, panel.reading.failure().is_some());
        return history(sheet, tab, below(area, 2));
    };
    let area = match &topology.deployment {
        Deployment::Sharded(cluster) => {
            line(sheet, area, &about_balancer(cluster));
            below(area, 1)
        }
        _ => area,
    };
    let area = frame::gaps(sheet, area, &topology.gaps);
    let rows = panel.rows();
    let wanted = u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(1);
    // What became of the members keeps a third of the room.
    let height = wanted.min((area.height * 2 / 3).max(2)).min(area.height);
    let table = Rect { height, ..area };
    match &topology.deployment {
        Deployment::Set(set) => members(sheet, tab, table, set),
        Deployment::Sharded(cluster) => shards(sheet, tab, table, cluster),
        Deployment::Standalone => sheet.regions.main_rows = usize::from(height),
    }
    history(sheet, tab, below(area, height));
}

fn figures<'a>(app: &'a App, tab: &Monitor) -> Option<&'a PoolFigures> {
    app.profiles.get(&tab.at.profile)?.pools.as_ref()
}

/// Since when there is no primary, and what is to be expected. Gives the area below.
fn without_primary(sheet: &mut Sheet<'_>, tab: &Monitor, mut area: Rect, vacant: &Vacancy) -> Rect {
    let now = sheet.app.now;
    let first = match &vacant.since {
        Some((since, who)) => format!(
            "no primary since {} UTC, for {}; it was {who}",
            clock(*since),
            words::whole(vacant_for(*since, now))
        ),
        None => "no primary since before the profile was connected".to_owned(),
    };
    line(sheet, area, &[(first, Role::Error)]);
    area = below(area, 1);
    let set = tab.topology.topology().and_then(|t| t.set());
    let Some(prospect) = set.and_then(prospect) else {
        return area;
    };
    let role = match prospect.hopeless {
        true => Role::Error,
        false => Role::Busy,
    };
    let width = usize::from(area.width.saturating_sub(2));
    for text in wrap(&[prospect.text], width).into_iter().take(3) {
        line(sheet, area, &[(text, role)]);
        area = below(area, 1);
    }
    area
}

fn about_set(set: &ReplicaSet, vacant: bool) -> Vec<Piece> {
    let mut out = vec![(set.name.clone(), Role::Title)];
    if let Some(term) = set.term {
        out.push((format!("  term {term}"), Role::Dim));
    }
    if vacant {
        return out;
    }
    if let Some(reason) = &set.election.reason {
        let because = format!("  elected because {}", reason_words(reason));
        out.push((because, Role::Dim));
    }
    out
}

fn about_cluster(cluster: &Cluster, asked: &str) -> Vec<Piece> {
    let through = match cluster.config {
        Some(_) => format!("cluster of config server {asked}"),
        None => format!("cluster through {asked}"),
    };
    let mut out = vec![
        (through, Role::Title),
        (
            format!("  {}", several(cluster.shards.len(), "shard")),
            Role::Text,
        ),
    ];
    if let Some(collections) = &cluster.collections {
        let text = format!(", {}", several(collections.sharded, "sharded collection"));
        out.push((text, Role::Text));
    }
    out
}

/// How the balancer stands: `balancer on and at work, 86 rounds, from 23:00 until 6:00`.
fn about_balancer(cluster: &Cluster) -> Vec<Piece> {
    let Some(balancer) = &cluster.balancer else {
        return Vec::new();
    };
    let (mut text, role) = match (balancer.mode.as_str(), balancer.running) {
        ("off", _) => (
            "balancer off: chunks stay where they are".to_owned(),
            Role::Warning,
        ),
        ("full", Some(true)) => ("balancer on and at work".to_owned(), Role::Busy),
        ("full", _) => ("balancer on".to_owned(), Role::Success),
        (other, _) => (format!("balancer {other}"), Role::Text),
    };
    if let Some(rounds) = balancer.rounds {
        let rounds = several(rounds, "round");
        text.push_str(&format!(", {rounds} since the config server started"));
    }
    if let Some((from, until)) = &balancer.window {
        text.push_str(&format!(", from {from} until {until} of its clock"));
    }
    let mut out = vec![(text, role)];
    let held = cluster.collections.map_or(0, |c| c.held);
    if held > 0 {
        let text = format!("; it leaves {} alone", several(held, "collection"));
        out.push((text, Role::Warning));
    }
    out
}

const NARROW_COLUMNS: &[Column] = &[
    Column::text("member", 22),
    Column::text("state", 11),
    Column::figure("lag", 7),
    Column::figure("votes", 5),
    Column::figure("prio", 4),
    Column::text("heard of", 8),
    Column::text("notes", 0),
];

const WIDE_COLUMNS: &[Column] = &[
    Column::text("member", 26),
    Column::text("state", 11),
    Column::figure("lag", 8),
    Column::figure("votes", 5),
    Column::figure("prio", 4),
    Column::figure("ping", 7),
    Column::text("heard of", 8),
    Column::text("notes", 0),
];

fn members(sheet: &mut Sheet<'_>, tab: &Monitor, area: Rect, set: &ReplicaSet) {
    let wide = area.width >= WIDE;
    let columns = if wide { WIDE_COLUMNS } else { NARROW_COLUMNS };
    let area = frame::titles(sheet, area, columns);
    sheet.regions.main_rows = usize::from(area.height);
    let window = &tab.topology.window;
    let shown = set.members.iter().enumerate().skip(window.first);
    for (at, member) in shown.take(usize::from(area.height)) {
        let lost = figures(sheet.app, tab)
            .and_then(|f| f.whole.as_ref()?.get(&member.address))
            .is_some_and(|p| p.kind == Some(ServerKind::Unknown));
        let cells = cells(member, wide, lost, sheet.app.now);
        let cursor = at == window.cursor;
        frame::row(sheet, area, at - window.first, columns, &cells, cursor);
    }
}

fn state(member: &Member) -> Role {
    match member.state.to_ascii_uppercase().as_str() {
        "PRIMARY" => Role::Success,
        "SECONDARY" | "ARBITER" | "MEMBER" => Role::Text,
        "STARTUP" | "STARTUP2" | "RECOVERING" | "ROLLBACK" => Role::Warning,
        _ => Role::Error,
    }
}

/// A member that lies back so far is worth a look.
const LAGS: std::time::Duration = std::time::Duration::from_secs(10);

fn cells(member: &Member, wide: bool, lost: bool, now: Moment) -> Vec<Piece> {
    let number = |n: Option<String>| (n.unwrap_or_else(|| "–".to_owned()), Role::Text);
    let behind = member
        .lag
        .map(|l| l.saturating_sub(member.delay.unwrap_or_default()));
    let lag_role = match behind {
        Some(lag) if lag >= LAGS => Role::Warning,
        _ => Role::Text,
    };
    let lag = match member.lag {
        Some(lag) if lag.is_zero() => "0 s".to_owned(),
        Some(lag) => words::span(lag),
        None => "–".to_owned(),
    };
    let mark = if member.asked { "▸ " } else { "  " };
    let mut out = vec![
        (format!("{mark}{}", member.address), Role::Text),
        (state_word(member).to_owned(), state(member)),
        (lag, lag_role),
        number(member.votes.map(|n| n.to_string())),
        number(member.priority.map(|n| n.to_string())),
    ];
    if wide {
        let ping = member.ping.filter(|_| member.healthy != Some(false));
        out.push(number(ping.map(ping_words)));
    }
    let heard = match member.asked {
        true => Some("asked".to_owned()),
        false => member.last_heartbeat.map(clock),
    };
    out.push((heard.unwrap_or_else(|| "–".to_owned()), Role::Dim));
    out.push(notes(member, lost, now));
    out
}

/// The server tells whole milliseconds.
fn ping_words(ping: std::time::Duration) -> String {
    match ping.is_zero() {
        true => "<1 ms".to_owned(),
        false => words::span(ping),
    }
}

/// The server's word, where it fits a column.
fn state_word(member: &Member) -> &str {
    match member.state.as_str() {
        "(not reachable/healthy)" => "unreachable",
        word => word,
    }
}

fn notes(member: &Member, lost: bool, now: Moment) -> Piece {
    let mut out = Vec::new();
    // The members hear of a loss later than the driver, and may reach what the driver does not.
    if lost && member.healthy != Some(false) {
        out.push("mongodeck does not reach it".to_owned());
    }
    if member.hidden {
        out.push("hidden".to_owned());
    }
    if member.arbiter {
        out.push("holds no data".to_owned());
    }
    if let Some(delay) = member.delay {
        out.push(format!("delayed by {}", words::whole(delay)));
    }
    if let Some(since) = member.elected_at {
        let today = now.0.abs_diff(u64::try_from(since).unwrap_or(0)) < 24 * 3_600 * 1_000;
        let since = match today {
            true => clock(since),
            false => crate::value::cell::date(since - since % 1000),
        };
        out.push(format!("primary since {since}"));
    }
    if let Some(source) = &member.source {
        out.push(format!("from {source}"));
    }
    out.extend(member.message.clone());
    let role = match member.healthy {
        Some(false) => Role::Error,
        _ if lost => Role::Warning,
        _ => Role::Dim,
    };
    (out.join(", "), role)
}

const SHARD_COLUMNS: &[Column] = &[
    Column::text("shard or server", 22),
    Column::text("state", 11),
    Column::figure("chunks", 7),
    Column::figure("dbs", 4),
    Column::text("notes", 0),
];

fn shards(sheet: &mut Sheet<'_>, tab: &Monitor, area: Rect, cluster: &Cluster) {
    let area = frame::titles(sheet, area, SHARD_COLUMNS);
    sheet.regions.main_rows = usize::from(area.height);
    let window = &tab.topology.window;
    let now = sheet.app.now;
    let rows = parts(cluster).enumerate().skip(window.first);
    for (at, part) in rows.take(usize::from(area.height)) {
        let cells = match part {
            Part::Shard(shard) => shard_cells(shard),
            Part::Router(router) => other_cells(
                &router.address,
                ("router".to_owned(), Role::Text),
                (format!("version {}", router.version), Role::Dim),
            ),
            Part::Config(member, _) => {
                let (notes, role) = notes(member, false, now);
                let notes = match notes.is_empty() {
                    true => "config server".to_owned(),
                    false => format!("config server, {notes}"),
                };
                other_cells(
                    &member.address,
                    (state_word(member).to_owned(), state(member)),
                    (notes, role),
                )
            }
        };
        let cursor = at == window.cursor;
        frame::row(
            sheet,
            area,
            at - window.first,
            SHARD_COLUMNS,
            &cells,
            cursor,
        );
    }
}

fn shard_cells(shard: &Shard) -> Vec<Piece> {
    let state = match (shard.draining, shard.active) {
        (true, _) => ("draining".to_owned(), Role::Warning),
        (false, true) => ("active".to_owned(), Role::Success),
        (false, false) => ("not used".to_owned(), Role::Dim),
    };
    let number = |n: Option<u64>| (n.map_or("–".to_owned(), words::count), Role::Text);
    let left = left_on(shard);
    let role = match left {
        Some(_) => Role::Warning,
        None => Role::Dim,
    };
    let zones = match shard.zones.as_slice() {
        [] => None,
        [one] => Some(format!("zone {one}")),
        several => Some(format!("zones {}", several.join(", "))),
    };
    let notes = left.into_iter().chain(zones).chain([shard.host.clone()]);
    let notes: Vec<String> = notes.collect();
    vec![
        (shard.name.clone(), Role::Text),
        state,
        number(shard.chunks),
        number(shard.databases),
        (notes.join(", "), role),
    ]
}

fn other_cells(address: &str, state: Piece, notes: Piece) -> Vec<Piece> {
    let nothing = || (String::new(), Role::Text);
    vec![
        (address.to_owned(), Role::Text),
        state,
        nothing(),
        nothing(),
        notes,
    ]
}

/// What became of members, the newest first.
fn history(sheet: &mut Sheet<'_>, tab: &Monitor, area: Rect) {
    if area.height < 2 {
        return;
    }
    let figures = figures(sheet.app, tab);
    let told = figures
        .map(|f| lines(f, &tab.topology.terms, MOST_TURNS))
        .unwrap_or_default();
    sheet.horizontal(area.x, area.y, area.width);
    let area = below(area, 1);
    let whole = figures.and_then(|f| f.whole.as_ref());
    let elections = whole.map_or(0, |pools| pools.members.elections);
    let title = match elections {
        0 => "what became of them since the profile was connected".to_owned(),
        n => format!(
            "what became of them since the profile was connected: {}",
            several(n, "election")
        ),
    };
    line(sheet, area, &[(title, Role::Title)]);
    let mut area = below(area, 1);
    if told.is_empty() {
        line(sheet, area, &[("nothing so far".to_owned(), Role::Dim)]);
    }
    for Line {
        at,
        address,
        what,
        weight,
    } in told
    {
        if area.height == 0 {
            break;
        }
        let role = match weight {
            Weight::Election => Role::Success,
            Weight::Loss => Role::Warning,
            Weight::News => Role::Text,
        };
        let begin = format!("{} ", clock(at));
        let used = begin.chars().count() + address.chars().count() + 1;
        let width = usize::from(area.width.saturating_sub(2));
        // What does not fit goes on below, under its own beginning.
        let mut texts = hung(&what, width.saturating_sub(used), width.saturating_sub(9));
        let rest = texts.split_off(1.min(texts.len()));
        let text = texts.pop().unwrap_or_default();
        let pieces = [
            (begin, Role::Dim),
            (format!("{address} "), Role::Text),
            (text, role),
        ];
        line(sheet, area, &pieces);
        area = below(area, 1);
        for text in rest.into_iter().take(usize::from(area.height)) {
            line(sheet, area, &[(format!("{:9}{text}", ""), role)]);
            area = below(area, 1);
        }
    }
}

/// Text in lines, the first of them narrower.
fn hung(text: &str, first: usize, others: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let width = if lines.len() == 1 { first } else { others };
        let Some(last) = lines.last_mut() else { break };
        if !last.is_empty() && last.chars().count() + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
            continue;
        }
        if !last.is_empty() {
            last.push(' ');
        }
        last.push_str(word);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_hangs_under_its_beginning_where_it_is_too_long() {
        let lines = hung("was elected primary after 2 s", 12, 18);
        assert_eq!(lines, ["was elected", "primary after 2 s"]);
        assert_eq!(hung("", 3, 3), [""]);
        assert_eq!(hung("unbreakable", 3, 3), ["unbreakable"]);
    }
}
