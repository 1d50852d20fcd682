//! Poisoned files.
