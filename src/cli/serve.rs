//! `serve`: answers HTTP until it is told to stop.
//!
//! In go the settings; out come answers. On SIGTERM or SIGINT no new connection is taken, what has begun is finished
//! within `server.shutdown_seconds`, and the command ends well; a second signal ends it at once. Every
//! `night.wake_up_seconds` the night is asked whether a business date is due; a run that has begun is finished before the
//! command ends. Events go to their endpoints meanwhile; a message that is on its way is finished as well.
//! Holds: the schema fits before the first answer, unless that is switched off; then `/readyz` tells. A SQLite file has one
//! server; a second one is refused before it changes anything.
//! Deliberately absent: deciding whether a night has been run, which a unique row does.

use super::{Context, Failure, open_files};
use account_swap::{
    api::{self, AppState},
    app::{Alone, Refused, Store, calendar, checkpoints, deliver::Deliverer, idempotent, run, sweep, travel},
    settings::Settings,
};
use actix_web::dev::ServerHandle;
use std::{
    net::{SocketAddr, TcpListener},
    time::Duration,
};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::watch,
    time::{MissedTickBehavior, interval},
};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Address and port; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

pub fn run(context: &Context, arguments: Arguments) -> Result<(), Failure> {
    travel::are_set_up(&context.settings).map_err(|error| Failure::Unusable(error.to_string()))?;
    // Before the database is opened, which may change its schema.
    let alone = Alone::on(&context.settings.database).map_err(|error| Failure::Unusable(error.to_string()))?;
    let mut settings = context.settings.clone();
    open_files::fit(&mut settings)?;
    let store = context.store()?;
    let address = arguments.listen.unwrap_or(context.settings.server.listen);
    let listener =
        TcpListener::bind(address).map_err(|error| Failure::Failed(format!("cannot listen on {address}: {error}")))?;
    answer(settings, store, listener)?;
    drop(alone);
    Ok(())
}

/// Answers on a listener until the process is told to stop.
pub fn answer(settings: Settings, store: Store, listener: TcpListener) -> Result<(), Failure> {
    actix_web::rt::System::new().block_on(async move {
        let (stopping, stopped) = watch::channel(());
        let nights = actix_web::rt::spawn(keep_time(store.clone(), settings.clone(), stopped.clone()));
        let is_told = settings.webhooks.enabled;
        let deliverer = is_told.then(|| actix_web::rt::spawn(Deliverer::new(store.clone(), &settings).run(stopped)));
        let state = AppState::new(settings, store).await?;
        tracing::info!(address = %listener.local_addr()?, "serving");
        let server = api::serve(listener, state)?;
        actix_web::rt::spawn(stop_when_told(server.handle()));
        server.await?;
        drop(stopping);
        // A run that has begun is finished; the task itself cannot fail.
        let _ = nights.await;
        if let Some(deliverer) = deliverer
            && let Err(panic) = deliverer.await
        {
            tracing::error!(%panic, "delivery had ended in a panic");
        }
        tracing::info!("stopped");
        Ok(())
    })
}

/// Does at every wake-up what time asks for, until the other end of `stopped` is gone.
async fn keep_time(store: Store, settings: Settings, mut stopped: watch::Receiver<()>) {
    let mut wake_ups = interval(Duration::from_secs(settings.night.wake_up_seconds.into()));
    wake_ups.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = wake_ups.tick() => {}
            _ = stopped.changed() => return,
        }
        let (store, settings) = (store.clone(), settings.clone());
        match actix_web::rt::task::spawn_blocking(move || wake_up(&store, &settings)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::error!(%error, "what time asks for could not be done; it is tried again")
            }
            Err(panic) => tracing::error!(%panic, "what time asks for ended in a panic; it is tried again"),
        }
    }
}

/// Ends what is over, forgets old answers, vouches for the audit log, and runs the night if one is due.
fn wake_up(store: &Store, settings: &Settings) -> Result<(), Refused> {
    sweep::sweep(store)?;
    let turned = calendar::turn(store, settings)?;
    metrics::gauge!("handovers_overdue").set(turned.overdue as f64);
    store.write(idempotent::forget)?;
    // A log that cannot be vouched for is an alarm, and no reason to stop the nights.
    match checkpoints::write(store, &settings.audit) {
        Ok(written) => {
            metrics::gauge!("audit_checkpoint_failed").set(0.0);
            if let Some(checkpoint) = written {
                tracing::info!(entries = checkpoint.size, head = checkpoint.head, "the audit log is vouched for");
            }
        }
        Err(error) => {
            metrics::gauge!("audit_checkpoint_failed").set(1.0);
            tracing::error!(%error, "no checkpoint of the audit log could be written");
        }
    }
    if settings.night.enabled {
        run::nightly(store, settings)?;
    }
    Ok(())
}

/// Stops the server at the first signal, gently, and at the second at once.
async fn stop_when_told(server: ServerHandle) {
    let (Ok(mut terminate), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("signals cannot be heard; the process must be killed");
        return;
    };
    let mut is_gentle = true;
    loop {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!(is_gentle, "told to stop");
        let stopping = server.stop(is_gentle);
        actix_web::rt::spawn(stopping);
        is_gentle = false;
    }
}
