package footprint_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"tandem/devstack/footprint"
)

// table is in the writable part of the program's file and differs from what the file says.
var table = map[string]int{"a": 1}

var word = "from the file"

func TestShrinkKeepsTheProgramWorking(t *testing.T) {
	word = strings.ToUpper(word)
	table["b"] = 2
	require.NoError(t, footprint.Shrink())
	require.Equal(t, "FROM THE FILE", word)
	require.Equal(t, map[string]int{"a": 1, "b": 2}, table)
	runtime.GC()
}
