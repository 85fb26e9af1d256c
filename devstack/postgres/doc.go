// Package postgres runs a private PostgreSQL cluster inside a folder: it finds the binaries on the machine (or
// downloads them), creates the cluster on the first start, runs the server as a child that dies with this process,
// starts it again if it crashes, and stops it cleanly. As root, which PostgreSQL refuses, it runs under an
// unprivileged user and keeps the cluster where that user can reach it.
//
// The package knows nothing of what is stored in the cluster.
package postgres
