//! Endpoints and their secrets.
//!
//! In go endpoints; out come endpoints. One changes by compare-and-set on its version; how it fares is written beside that.
//! Secrets are kept as they are, because they sign; whoever may read this table may sign in our name.
//! Deliberately absent: showing a secret, and what was sent.

use super::{
    Reader, StoreError, Writer,
    connection::on_either,
    exactly_one,
    schema::{webhook_kinds, webhooks},
};
use crate::domain::{
    event::EventKind,
    ids::{Version, WebhookId},
    webhook::{Takes, Webhook, WebhookState},
};
use chrono::NaiveDateTime;
use diesel::prelude::*;
use std::collections::BTreeSet;

/// The secrets of an endpoint, as text.
#[derive(Clone, PartialEq, Eq)]
pub struct Secrets {
    /// What goes out is signed with it.
    pub out: String,
    /// What comes back is signed with it.
    pub back: String,
}

/// An endpoint's secrets: those that count, and those that still do.
#[derive(Clone, PartialEq, Eq)]
pub struct Keys {
    /// Those of now.
    pub current: Secrets,
    /// Those before, until [`Webhook::previous_until`].
    pub previous: Option<Secrets>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = webhooks)]
struct Row {
    id: String,
    url: String,
    description: String,
    takes_all: bool,
    scheme: String,
    state: String,
    disabled_because: Option<String>,
    failing_since: Option<NaiveDateTime>,
    previous_until: Option<NaiveDateTime>,
    created_at: NaiveDateTime,
    version: String,
    secret: String,
    callback_secret: String,
    previous_secret: Option<String>,
    previous_callback_secret: Option<String>,
}

impl Row {
    fn of(webhook: &Webhook, keys: &Keys) -> Self {
        let previous = keys.previous.clone();
        Self {
            id: webhook.id.into(),
            url: webhook.url.clone(),
            description: webhook.description.clone(),
            takes_all: webhook.takes.all,
            scheme: webhook.scheme.as_str().to_owned(),
            state: webhook.state.as_str().to_owned(),
            disabled_because: webhook.disabled_because.map(|why| why.as_str().to_owned()),
            failing_since: webhook.failing_since.map(|at| at.naive_utc()),
            previous_until: webhook.previous_until.map(|at| at.naive_utc()),
            created_at: webhook.created_at.naive_utc(),
            version: webhook.version.into(),
            secret: keys.current.out.clone(),
            callback_secret: keys.current.back.clone(),
            previous_secret: previous.as_ref().map(|secrets| secrets.out.clone()),
            previous_callback_secret: previous.map(|secrets| secrets.back),
        }
    }

    fn into_domain(self, kinds: BTreeSet<EventKind>) -> Result<(Webhook, Keys), StoreError> {
        let previous = self.previous_secret.zip(self.previous_callback_secret);
        let keys = Keys {
            current: Secrets { out: self.secret, back: self.callback_secret },
            previous: previous.map(|(out, back)| Secrets { out, back }),
        };
        let webhook = Webhook {
            id: self.id.parse()?,
            url: self.url,
            description: self.description,
            takes: Takes { all: self.takes_all, kinds },
            scheme: self.scheme.parse()?,
            state: self.state.parse()?,
            disabled_because: self.disabled_because.map(|why| why.parse()).transpose()?,
            failing_since: self.failing_since.map(|at| at.and_utc()),
            previous_until: self.previous_until.map(|at| at.and_utc()),
            created_at: self.created_at.and_utc(),
            version: self.version.parse()?,
        };
        Ok((webhook, keys))
    }
}

fn with_kinds(reader: &mut Reader<'_>, rows: Vec<Row>) -> Result<Vec<(Webhook, Keys)>, StoreError> {
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let named: Vec<(String, String)> = webhook_kinds::table
        .filter(webhook_kinds::webhook_id.eq_any(ids))
        .select((webhook_kinds::webhook_id, webhook_kinds::kind))
        .load(&mut *reader.connection)?;
    rows.into_iter()
        .map(|row| {
            let own = named.iter().filter(|(id, _)| *id == row.id);
            let kinds = own.map(|(_, kind)| kind.parse()).collect::<Result<_, _>>()?;
            row.into_domain(kinds)
        })
        .collect()
}

/// One endpoint with its secrets; a deleted one is there no more.
pub fn one(reader: &mut Reader<'_>, id: WebhookId) -> Result<Option<(Webhook, Keys)>, StoreError> {
    let rows = webhooks::table
        .find(String::from(id))
        .filter(webhooks::state.ne(WebhookState::Deleted.as_str()))
        .select(Row::as_select())
        .load(&mut *reader.connection)?;
    Ok(with_kinds(reader, rows)?.pop())
}

/// Endpoints after `after`, by id, at most `limit`; deleted ones are there no more.
pub fn list(reader: &mut Reader<'_>, after: Option<WebhookId>, limit: i64) -> Result<Vec<Webhook>, StoreError> {
    let mut query = webhooks::table
        .filter(webhooks::state.ne(WebhookState::Deleted.as_str()))
        .order(webhooks::id)
        .limit(limit)
        .select(Row::as_select())
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(webhooks::id.gt(String::from(after)));
    }
    let rows = query.load(&mut *reader.connection)?;
    Ok(with_kinds(reader, rows)?.into_iter().map(|(webhook, _)| webhook).collect())
}

/// Adds an endpoint.
pub fn insert(writer: &mut Writer<'_>, webhook: &Webhook, keys: &Keys) -> Result<(), StoreError> {
    diesel::insert_into(webhooks::table).values(Row::of(webhook, keys)).execute(&mut *writer.connection)?;
    name_kinds(writer, webhook)
}

/// Holds an endpoint until the transaction ends: whoever holds it next sees what this one did. Changes nothing.
pub fn hold(writer: &mut Writer<'_>, id: WebhookId) -> Result<(), StoreError> {
    let target = webhooks::table.find(String::from(id));
    diesel::update(target).set(webhooks::version.eq(webhooks::version)).execute(&mut *writer.connection)?;
    Ok(())
}

/// Writes what `after` says in place of `before`, if the endpoint is still as `before` was read; else the race is lost. How
/// it fares stays as it is.
pub fn change(writer: &mut Writer<'_>, before: &Webhook, after: &Webhook, keys: &Keys) -> Result<(), StoreError> {
    let target = webhooks::table.filter(
        webhooks::id
            .eq(String::from(before.id))
            .and(webhooks::state.eq(before.state.as_str()))
            .and(webhooks::version.eq(String::from(before.version))),
    );
    let row = Row::of(after, keys);
    let changed = diesel::update(target)
        .set((
            webhooks::url.eq(row.url),
            webhooks::description.eq(row.description),
            webhooks::takes_all.eq(row.takes_all),
            webhooks::scheme.eq(row.scheme),
            webhooks::state.eq(row.state),
            webhooks::disabled_because.eq(row.disabled_because),
            webhooks::previous_until.eq(row.previous_until),
            webhooks::version.eq(row.version),
            webhooks::secret.eq(row.secret),
            webhooks::callback_secret.eq(row.callback_secret),
            webhooks::previous_secret.eq(row.previous_secret),
            webhooks::previous_callback_secret.eq(row.previous_callback_secret),
        ))
        .execute(&mut *writer.connection)?;
    exactly_one(changed)?;
    if before.takes == after.takes { Ok(()) } else { name_kinds(writer, after) }
}

fn name_kinds(writer: &mut Writer<'_>, webhook: &Webhook) -> Result<(), StoreError> {
    let id = String::from(webhook.id);
    diesel::delete(webhook_kinds::table.filter(webhook_kinds::webhook_id.eq(&id))).execute(&mut *writer.connection)?;
    let rows: Vec<_> = webhook
        .takes
        .kinds
        .iter()
        .map(|kind| (webhook_kinds::webhook_id.eq(&id), webhook_kinds::kind.eq(kind.as_str())))
        .collect();
    on_either!(&mut *writer.connection, inner => {
        diesel::insert_into(webhook_kinds::table).values(rows).execute(inner)?;
    });
    Ok(())
}

/// Writes how an endpoint fares that is still of a version: that it has taken something, or that it takes nothing since now,
/// unless it did so before.
pub fn fares(writer: &mut Writer<'_>, id: WebhookId, version: Version, has_taken: bool) -> Result<(), StoreError> {
    let now = writer.now().naive_utc();
    let own = webhooks::table.find(String::from(id)).filter(webhooks::version.eq(String::from(version)));
    if has_taken {
        diesel::update(own.filter(webhooks::failing_since.is_not_null()))
            .set(webhooks::failing_since.eq(None::<NaiveDateTime>))
            .execute(&mut *writer.connection)?;
    } else {
        diesel::update(own.filter(webhooks::failing_since.is_null()))
            .set(webhooks::failing_since.eq(Some(now)))
            .execute(&mut *writer.connection)?;
    }
    Ok(())
}

/// Forgets that an endpoint has taken nothing.
pub fn forgive(writer: &mut Writer<'_>, id: WebhookId) -> Result<(), StoreError> {
    let own = webhooks::table.find(String::from(id));
    diesel::update(own.filter(webhooks::failing_since.is_not_null()))
        .set(webhooks::failing_since.eq(None::<NaiveDateTime>))
        .execute(&mut *writer.connection)?;
    Ok(())
}
