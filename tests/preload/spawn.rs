// SPDX-License-Identifier: MIT
// A Rust program that starts others by std::process::Command.

use std::io::Write;
use std::process::{Command, Stdio};

fn main() {
    let output = Command::new("sh")
        .args(["-c", "pwd; echo $WORD; exit 3"])
        .current_dir("/")
        .env("WORD", "spawned")
        .output()
        .unwrap();
    print!("{}", String::from_utf8_lossy(&output.stdout));
    println!("{:?}", output.status.code());
    let mut child = Command::new("cat")
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"through cat\n").unwrap();
    println!("{:?}", child.wait().unwrap().code());
    println!("{:?}", Command::new("./absent").spawn().unwrap_err().kind());
}
