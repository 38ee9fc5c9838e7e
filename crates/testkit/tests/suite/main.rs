//! The test kit against itself.

#[cfg(unix)]
mod gateway;
mod provider;
#[cfg(target_os = "linux")]
mod shim;
