//! The program `account-swap`: the command line, and nothing else.

mod cli;

/// The system's allocator holds on to what a run has freed; this one gives it back and is quicker at it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cli::main()
}
