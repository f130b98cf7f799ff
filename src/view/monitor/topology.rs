//! Draws the panel of the members: a table of them, and below it what became of them.

use ratatui::layout::Rect;

use super::frame::{self, Column, Piece, below, line};
use crate::app::monitor::Monitor;
use crate::app::monitor::reading::clock;
use crate::app::monitor::topology::{Turn, turns};
use crate::mongo::request::observe::{Cluster, Deployment, Member, ReplicaSet};
use crate::theme::Role;
use crate::view::{Sheet, words};

/// The most that is told of what became of members.
const MOST_TURNS: usize = 50;

/// From so many columns on, everything about a member is in its row.
const WIDE: u16 = 90;

/// Draws the panel.
pub fn draw(sheet: &mut Sheet<'_>, tab: &Monitor, area: Rect) {
    let panel = &tab.topology;
    let title: Vec<Piece> = match panel.topology().map(|t| (&t.deployment, &t.asked)) {
        Some((Deployment::Set(set), _)) => about_set(set),
        Some((Deployment::Sharded(cluster), asked)) => about_cluster(cluster, asked),
        Some((Deployment::Standalone, asked)) => vec![
            (asked.clone(), Role::Title),
            ("  a server of its own".to_owned(), Role::Dim),
        ],
        None => vec![("members".to_owned(), Role::Title)],
    };
    let right = frame::read_at(sheet, &panel.reading);
    let area = frame::head(sheet, area, &title, &right);
    let area = frame::failure(sheet, area, panel.reading.failure());
    let Some(topology) = panel.topology() else {
        frame::nothing(sheet, tab, area, panel.reading.failure().is_some());
        return history(sheet, tab, below(area, 2));
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

fn about_set(set: &ReplicaSet) -> Vec<Piece> {
    let mut out = vec![(set.name.clone(), Role::Title)];
    if let Some(term) = set.term {
        out.push((format!("  term {term}"), Role::Dim));
    }
    if let Some(reason) = &set.election_reason {
        out.push((format!("  elected by {reason}"), Role::Dim));
    }
    if !set
        .members
        .iter()
        .any(|m| m.state.eq_ignore_ascii_case("primary"))
    {
        out.push(("  no primary".to_owned(), Role::Error));
    }
    out
}

fn about_cluster(cluster: &Cluster, asked: &str) -> Vec<Piece> {
    let mut out = vec![
        (format!("cluster through {asked}"), Role::Title),
        (
            format!("  {}", words_of(cluster.shards.len(), "shard")),
            Role::Text,
        ),
    ];
    if let Some(balancer) = &cluster.balancer {
        let (text, role) = match (balancer.mode.as_str(), balancer.running) {
            ("off", _) => ("  balancer off", Role::Warning),
            (_, true) => ("  balancer at work", Role::Busy),
            (_, false) => ("  balancer on", Role::Success),
        };
        out.push((text.to_owned(), role));
    }
    out
}

fn words_of(n: usize, noun: &str) -> String {
    crate::app::words::several(n as u64, noun)
}

const NARROW_COLUMNS: &[Column] = &[
    Column::text("member", 22),
    Column::text("state", 10),
    Column::figure("lag", 8),
    Column::figure("votes", 5),
    Column::figure("prio", 4),
];

const WIDE_COLUMNS: &[Column] = &[
    Column::text("member", 26),
    Column::text("state", 11),
    Column::figure("lag", 8),
    Column::figure("votes", 5),
    Column::figure("prio", 4),
    Column::figure("ping", 7),
    Column::text("heard of", 8),
    Column::text("copies from, notes", 0),
];

fn members(sheet: &mut Sheet<'_>, tab: &Monitor, area: Rect, set: &ReplicaSet) {
    let wide = area.width >= WIDE;
    let columns = if wide { WIDE_COLUMNS } else { NARROW_COLUMNS };
    let area = frame::titles(sheet, area, columns);
    sheet.regions.main_rows = usize::from(area.height);
    let window = &tab.topology.window;
    let shown = set.members.iter().enumerate().skip(window.first);
    for (at, member) in shown.take(usize::from(area.height)) {
        let cells = cells(member, wide);
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

fn cells(member: &Member, wide: bool) -> Vec<Piece> {
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
        (member.state.clone(), state(member)),
        (lag, lag_role),
        number(member.votes.map(|n| n.to_string())),
        number(member.priority.map(|n| n.to_string())),
    ];
    if wide {
        out.push(number(member.ping.map(words::span)));
        out.push(number(member.last_heartbeat.map(clock)));
        out.push(notes(member));
    }
    out
}

fn notes(member: &Member) -> Piece {
    let mut out = Vec::new();
    out.extend(member.source.clone());
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
        out.push(format!(
            "primary since {}",
            crate::value::cell::date(since - since % 1000)
        ));
    }
    out.extend(member.message.clone());
    let role = match member.healthy {
        Some(false) => Role::Error,
        _ => Role::Dim,
    };
    (out.join(", "), role)
}

const SHARD_COLUMNS: &[Column] = &[
    Column::text("shard or router", 22),
    Column::text("state", 10),
    Column::text("members", 0),
];

fn shards(sheet: &mut Sheet<'_>, tab: &Monitor, area: Rect, cluster: &Cluster) {
    let shards = cluster.shards.iter().map(|shard| {
        let state = match (shard.draining, shard.active) {
            (true, _) => ("draining".to_owned(), Role::Warning),
            (false, true) => ("active".to_owned(), Role::Success),
            (false, false) => ("not used".to_owned(), Role::Dim),
        };
        vec![
            (shard.name.clone(), Role::Text),
            state,
            (shard.host.clone(), Role::Dim),
        ]
    });
    let routers = cluster.routers.iter().map(|router| {
        vec![
            (router.address.clone(), Role::Text),
            ("router".to_owned(), Role::Text),
            (format!("version {}", router.version), Role::Dim),
        ]
    });
    let area = frame::titles(sheet, area, SHARD_COLUMNS);
    sheet.regions.main_rows = usize::from(area.height);
    let window = &tab.topology.window;
    let all = shards.chain(routers).enumerate().skip(window.first);
    for (at, cells) in all.take(usize::from(area.height)) {
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

/// What became of members, the newest first.
fn history(sheet: &mut Sheet<'_>, tab: &Monitor, area: Rect) {
    if area.height < 2 {
        return;
    }
    let app = sheet.app;
    let figures = app
        .profiles
        .get(&tab.at.profile)
        .and_then(|p| p.pools.as_ref());
    let turns = figures.map(|f| turns(f, MOST_TURNS)).unwrap_or_default();
    sheet.horizontal(area.x, area.y, area.width);
    let area = below(area, 1);
    let whole = figures.and_then(|f| f.whole.as_ref());
    let elections = whole.map_or(0, |pools| pools.elections);
    let title = match elections {
        0 => "what became of them since the profile was connected".to_owned(),
        n => format!(
            "what became of them since the profile was connected: {}",
            crate::app::words::several(n, "election")
        ),
    };
    line(sheet, area, &[(title, Role::Title)]);
    let mut area = below(area, 1);
    if turns.is_empty() {
        line(sheet, area, &[("nothing so far".to_owned(), Role::Dim)]);
    }
    for Turn {
        at,
        address,
        what,
        elected,
        loss,
    } in turns
    {
        if area.height == 0 {
            break;
        }
        let role = match (elected, loss) {
            (true, _) => Role::Success,
            (false, true) => Role::Warning,
            (false, false) => Role::Text,
        };
        let pieces = [
            (format!("{} ", clock(at)), Role::Dim),
            (format!("{address} "), Role::Text),
            (what, role),
        ];
        line(sheet, area, &pieces);
        area = below(area, 1);
    }
}
