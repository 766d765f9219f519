package memory_test

import (
	"testing"
	"time"

	"cslack-stream/internal/engine"
	"cslack-stream/internal/engine/backend/backendtest"
	"cslack-stream/internal/engine/backend/memory"
)

var _ engine.Store = (*memory.Log)(nil)

func TestLog_Conformance(t *testing.T) {
	backendtest.Run(t, func(*testing.T) backendtest.Harness {
		return backendtest.Harness{Store: memory.New(memory.Options{}), Now: time.Now()}
	})
}
