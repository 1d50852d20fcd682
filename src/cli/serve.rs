//! `serve`: answers HTTP until it is told to stop.
//!
//! In go the settings; out come answers. On SIGTERM or SIGINT no new connection is taken, what has begun is finished
//! within `server.shutdown_seconds`, and the command ends well; a second signal ends it at once.
//! Holds: the schema fits before the first answer.

use super::{Context, Failure};
use account_swap::api::{self, AppState};
use actix_web::dev::ServerHandle;
use std::net::{SocketAddr, TcpListener};
use tokio::signal::unix::{SignalKind, signal};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Address and port; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

pub fn run(context: &Context, arguments: Arguments) -> Result<(), Failure> {
    let settings = context.settings.clone();
    let store = context.store()?;
    let address = arguments.listen.unwrap_or(settings.server.listen);
    actix_web::rt::System::new().block_on(async move {
        let state = AppState::new(settings, store).await?;
        let listener = TcpListener::bind(address)
            .map_err(|error| Failure::Failed(format!("cannot listen on {address}: {error}")))?;
        tracing::info!(address = %listener.local_addr()?, "serving");
        let server = api::serve(listener, state)?;
        actix_web::rt::spawn(stop_when_told(server.handle()));
        server.await?;
        tracing::info!("stopped");
        Ok(())
    })
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
