// Command tandem is the product's one binary: each process of an installation is one of its subcommands. What a
// subcommand puts together is in tandem/cmd/roles, which the all-in-one of devstack runs as well.
package main
