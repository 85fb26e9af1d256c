// Package config is the only place where Tandem reads its environment. Load turns the variables into one Config and
// reports every mistake at once, each with its variable and the way out; nothing else in the product looks there.
//
// It imports none of our packages, so every other one may take its values.
package config
