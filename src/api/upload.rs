//! A file as a body.
//!
//! In goes a request of somebody who may send it; out comes an [`Upload`], which changes something once with the file. It waits
//! on the disk under no name, for it may be larger than memory. Deliberately absent: what the file says.

use super::{
    caller::{Caller, Fingerprint, admit, blocking, broken_body, key, operation, respond},
    problem::Problem,
};
use crate::{
    app::{
        StoreError, Writer,
        idempotent::{self, Answer},
        import::ImportError,
    },
    domain::principal::Principal,
    settings::Settings,
};
use actix_web::{
    HttpRequest, HttpResponse,
    dev::Payload,
    http::header,
    web::{self, Data},
};
use futures_util::StreamExt;
use std::{
    fs::File,
    io::{self, Seek, Write},
    time::Duration,
};

/// A body that is a file: larger than memory may be, so it waits on the disk under no name.
pub struct Upload {
    caller: Caller,
    request: idempotent::Request,
    file: File,
}

impl Upload {
    /// Receives the body of a request whose sender may send it.
    pub async fn receive(
        request: &HttpRequest,
        mut payload: Payload,
        may: impl FnOnce(&Principal) -> Result<(), Problem>,
    ) -> Result<Self, Problem> {
        let caller = Caller::of(request)?;
        may(&caller.who)?;
        let key = key(request.headers())?;
        let server = &caller.state.settings.server;
        let (limit_bytes, limit) = (server.import_body_limit_bytes, Duration::from_secs(server.import_timeout_seconds));
        let received = async {
            let mut fingerprint = Fingerprint::of(request);
            if let Some(encoding) = request.headers().get(header::CONTENT_ENCODING) {
                fingerprint = fingerprint.part(encoding.as_bytes());
            }
            let (mut file, mut waiting, mut bytes) = (nameless_file()?, Vec::new(), 0);
            loop {
                let chunk = payload.next().await.transpose().map_err(broken_body)?;
                if let Some(chunk) = &chunk {
                    bytes += chunk.len();
                    if bytes > limit_bytes {
                        return Err(Problem::too_large(limit_bytes));
                    }
                    fingerprint = fingerprint.chain(chunk);
                    waiting.extend_from_slice(chunk);
                }
                if waiting.len() >= UPLOAD_CHUNK_BYTES || chunk.is_none() {
                    let piece = std::mem::take(&mut waiting);
                    let written = web::block(move || file.write_all(&piece).map(|()| file)).await;
                    file = written.map_err(|error| Problem::internal(&error))?.map_err(unwritable)?;
                }
                if chunk.is_none() {
                    return Ok((fingerprint.finish(), file));
                }
            }
        };
        let (hash, file) = tokio::time::timeout(limit, received).await.map_err(|_| Problem::too_slow())??;
        Ok(Self { request: idempotent::Request { operation: operation(request), key, hash }, caller, file })
    }

    /// Does `work` with the file unless it was done under this key, in one transaction with its stored answer.
    pub async fn once(
        self,
        work: impl Fn(&mut Writer<'_>, &Settings, &Principal, &File) -> Result<Answer, ImportError> + Send + 'static,
    ) -> Result<HttpResponse, Problem> {
        let Self { caller: Caller { who, state }, request, mut file } = self;
        let limit = Duration::from_secs(state.settings.server.import_timeout_seconds);
        let answered = blocking(&Data::clone(&state), limit, move || {
            state.store.write(|writer| {
                admit(writer, &state.settings, &who)?;
                file.rewind().map_err(ImportError::Unreadable)?;
                idempotent::once(writer, &who, &request, |writer| Ok(work(writer, &state.settings, &who, &file)?))
            })
        })
        .await?;
        Ok(respond(answered))
    }
}

/// How much of a file is written at a time.
const UPLOAD_CHUNK_BYTES: usize = 1 << 20;

/// A file that nobody else can open and that is gone with its last use.
fn nameless_file() -> Result<File, Problem> {
    let path = std::env::temp_dir().join(format!("account-swap-{}", uuid::Uuid::new_v4()));
    let mut options = File::options();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path).map_err(unwritable)?;
    std::fs::remove_file(&path).map_err(unwritable)?;
    Ok(file)
}

fn unwritable(error: io::Error) -> Problem {
    if error.kind() == io::ErrorKind::StorageFull {
        return StoreError::Full(error.to_string()).into();
    }
    Problem::internal(&error)
}
