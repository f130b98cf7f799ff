//! One request from the wait for its connection to its reply.

use std::sync::Arc;

use super::{
    PATIENCE, Post, check, export, load, lock, mending, observe, preview, read, standing,
    statement, together, write,
};
use crate::mongo::feed::Feed;
use crate::mongo::feed::source::Source;
use crate::mongo::link::{Call, Cancel, Link, not_sent, stopped, unsent};
use crate::mongo::request::drift::MendMode;
use crate::mongo::request::{ConnectionState, Failure, FailureKind, Reply, Request, TaskId};

/// Waits for the connection and carries `request` out under `comment`.
pub(super) async fn perform(
    post: &Arc<Post>,
    task: TaskId,
    comment: &str,
    cancel: Cancel,
    request: Request,
) -> Result<Reply, Failure> {
    // What is kept of a feed can be shown while the server is away.
    if let Request::Page {
        feed,
        side,
        offset,
        count,
        max_bytes,
    } = &request
    {
        let open = lock(&post.feeds).get(feed).cloned();
        if let Some(open) = open
            && let Some(page) = open.kept(*side, *offset, *count, *max_bytes).await
        {
            return page.map(Reply::Page);
        }
    }
    if let Request::Export(wanted) = &request {
        if let Some(outcome) = export::refuse(wanted) {
            return Ok(Reply::Exported(outcome));
        }
        if let Some(written) = export::at_hand(wanted, &cancel).await {
            return written.map(Reply::Exported);
        }
    }
    let link = match request {
        Request::Observe(_) => match post.without_primary() {
            Some(link) => link,
            None => post.ready(&cancel).await?,
        },
        // Asked of a set without a primary too, for which `ready` would wait.
        Request::Standing => standing::link(post)?,
        _ if request.writes() => post.ready(&cancel).await.map_err(unsent)?,
        _ => post.ready(&cancel).await?,
    };
    if request.writes() {
        // An unlock may have run out while the connection was waited for.
        post.may_write()?;
        if cancel.is_cancelled() {
            return Err(not_sent());
        }
    }
    let call = Call::new(link, comment, cancel.clone());
    // Until its answer is there.
    let _watching = observe::builds(&request).then(|| observe::watch(post, task, &call));
    match request {
        Request::Databases => read::databases(&call).await.map(Reply::Databases),
        Request::Collections { database } => read::collections(&call, &database)
            .await
            .map(Reply::Collections),
        Request::Sizes {
            database,
            collections,
        } => read::sizes(&call, &database, &collections)
            .await
            .map(Reply::Sizes),
        Request::Details { namespace } => read::details(&call, &namespace)
            .await
            .map(|d| Reply::Details(Box::new(d))),
        Request::OpenFeed {
            feed,
            namespace,
            find,
            count,
        } => {
            let (opened, page) =
                Feed::open(&call, feed, Source::find(&namespace, &find), count).await?;
            // A feed that nobody waits for any more closes its cursor here.
            if !cancel.is_cancelled() {
                lock(&post.feeds).insert(feed, Arc::new(opened));
            }
            Ok(Reply::Page(page))
        }
        Request::Page {
            feed,
            side,
            offset,
            count,
            max_bytes,
        } => {
            let open = lock(&post.feeds).get(&feed).cloned();
            let Some(open) = open else {
                return Err(
                    Failure::new(FailureKind::Gone, "the documents' cursor was closed")
                        .with_help("refresh to read again"),
                );
            };
            open.page(&call, side, offset, count, max_bytes)
                .await
                .map(Reply::Page)
        }
        Request::CloseFeed { feed } => {
            lock(&post.feeds).remove(&feed);
            Ok(Reply::Done)
        }
        Request::Count { namespace, filter } => read::count(&call, &namespace, &filter)
            .await
            .map(Reply::Count),
        Request::Document { namespace, id } => {
            read::document(&call, &namespace, &id, read::From::Anywhere)
                .await
                .map(Reply::Document)
        }
        Request::Load(load) => load::run(post, &call, &load, &cancel)
            .await
            .map(|r| Reply::Loaded(Box::new(r))),
        Request::Standing => standing::beside(call)
            .await
            .map(|s| Reply::Standing(Box::new(s))),
        Request::Preview(asked) => preview::preview(&call, &asked).await.map(Reply::Previewed),
        Request::Export(wanted) => export::export(post, &call, task, &wanted, &cancel)
            .await
            .map(Reply::Exported),
        Request::Gather(gather) => read::gather(&call, gather).await.map(Reply::Gathered),
        Request::Together(changes) => together::together(&call, &changes)
            .await
            .map(Reply::Together),
        Request::Write(change) => write::write(&call, &change).await.map(Reply::Written),
        Request::CreateCollection { namespace, options } => {
            write::create(&call, &namespace, &options)
                .await
                .map(|()| Reply::Done)
        }
        Request::RenameCollection { from, to } => {
            write::rename(&call, &from, &to).await.map(|()| Reply::Done)
        }
        Request::DropCollection { namespace } => write::drop_collection(&call, &namespace)
            .await
            .map(|()| Reply::Done),
        Request::Run {
            statement,
            feed,
            count,
        } => {
            let (outcome, opened) = statement::run(&call, &statement, feed, count).await?;
            if let Some(opened) = opened
                && !cancel.is_cancelled()
            {
                lock(&post.feeds).insert(feed, Arc::new(opened));
            }
            Ok(Reply::Ran(outcome))
        }
        Request::DropDatabase { database } => write::drop_database(&call, &database)
            .await
            .map(|()| Reply::Done),
        Request::Check(check) => check::check(post, &call, task, &check)
            .await
            .map(|r| Reply::Checked(Arc::new(r))),
        Request::Mend(mend) => match mend.mode {
            MendMode::Dry => mending::preview(post, &call, task, &mend)
                .await
                .map(|p| Reply::MendPreview(Box::new(p))),
            MendMode::Write => mending::run(post, &call, task, &mend)
                .await
                .map(|o| Reply::Mended(Box::new(o))),
        },
        Request::ResumeMend { journal } => mending::resume(post, &call, task, &journal)
            .await
            .map(|o| Reply::Mended(Box::new(o))),
        Request::UndoMend { journal } => mending::undo(post, &call, task, &journal)
            .await
            .map(|o| Reply::Mended(Box::new(o))),
        Request::CreateIndexes { namespace, indexes } => {
            write::create_indexes(&call, &namespace, &indexes)
                .await
                .map(Reply::IndexesMade)
        }
        Request::SetValidator {
            namespace,
            validator,
            level,
            action,
        } => write::set_validator(&call, &namespace, &validator, level, action)
            .await
            .map(|()| Reply::Done),
        Request::Observe(what) => observe::observe(post, &call, &what)
            .await
            .map(|o| Reply::Observed(Arc::new(o))),
        Request::KillOperation { host, id, cursor } => {
            let killed = observe::kill(&call, &host, &id, cursor.as_ref()).await;
            killed.map(Reply::Killed)
        }
        Request::SetProfiling { database, to } => observe::set(post, &call, &database, to)
            .await
            .map(Reply::Profiling),
        Request::RestoreProfiling { database } => observe::restore(post, &call, &database)
            .await
            .map(Reply::ProfilingRestored),
        Request::OpenTail { tail, what, after } => post
            .tails
            .open(&call, tail, *what, after)
            .await
            .map(Reply::Changes),
        Request::Changes { tail } => post.tails.more(&call, tail).await.map(Reply::Changes),
        Request::CloseTail { tail } => {
            post.tails.close(tail);
            Ok(Reply::Done)
        }
    }
}

impl Post {
    /// The link of a set that has members and no primary at the moment: they can be looked at, and are most worth it.
    fn without_primary(&self) -> Option<Arc<Link>> {
        if !matches!(*self.state.borrow(), ConnectionState::Retrying { .. }) {
            return None;
        }
        let link = lock(&self.connection).link.clone()?;
        link.waits_for_primary().then_some(link)
    }

    /// The link of a connection that answers; waits for it as long as the profile looks for a server.
    pub(super) async fn ready(&self, cancel: &Cancel) -> Result<Arc<Link>, Failure> {
        let mut state = self.state.subscribe();
        let patience = lock(&self.connection)
            .link
            .as_ref()
            .map(|l| l.prepared.selection_timeout)
            .or(self.profile.server_selection_timeout)
            .unwrap_or(PATIENCE);
        let over = tokio::time::sleep(patience);
        tokio::pin!(over);
        loop {
            // A copy: the state is told under the lock of the connection, which is taken below.
            let known = state.borrow_and_update().clone();
            let reason = match known {
                ConnectionState::Ready(_) => {
                    let link = lock(&self.connection).link.clone();
                    if let Some(link) = link {
                        return Ok(link);
                    }
                    None
                }
                ConnectionState::Failed(failure) => return Err(failure),
                ConnectionState::Closed => {
                    return Err(Failure::new(
                        FailureKind::Unreachable,
                        "the connection was closed",
                    )
                    .with_help("connect again"));
                }
                ConnectionState::Retrying { failure, .. } => Some(failure),
                ConnectionState::Connecting => None,
            };
            tokio::select! {
                changed = state.changed() => {
                    if changed.is_err() {
                        return Err(stopped());
                    }
                }
                () = cancel.cancelled() => return Err(stopped()),
                () = &mut over => {
                    return Err(reason.unwrap_or_else(|| {
                        Failure::new(FailureKind::Unreachable, format!("profile `{}` did not connect in {} s", self.profile.name, patience.as_secs()))
                            .with_help("check the address of the profile")
                    }));
                }
            }
        }
    }
}
