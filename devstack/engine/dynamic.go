package engine

import (
	"time"

	"go.temporal.io/server/common/dynamicconfig"
)

// namespaceRefresh is how often each service reads the namespaces again; a new search attribute is usable after it.
const namespaceRefresh = time.Second

// sendQueues are the task queues of the providers. One partition each keeps the order of priorities exact, and
// fairness keeps one bulk run from starving another.
var sendQueues = []string{"send-twilio", "send-meta", "send-x"}

// dynamicConfig raises the server's limits, which are set for one tenant of many, to what one machine can do.
func dynamicConfig() dynamicconfig.StaticClient {
	return dynamicconfig.StaticClient{
		dynamicconfig.FrontendRPS.Key():                                         20_000,
		dynamicconfig.FrontendMaxNamespaceRPSPerInstance.Key():                  20_000,
		dynamicconfig.FrontendMaxNamespaceVisibilityRPSPerInstance.Key():        100,
		dynamicconfig.FrontendMaxConcurrentLongRunningRequestsPerInstance.Key(): 5_000,
		dynamicconfig.HistoryRPS.Key():                                          20_000,
		dynamicconfig.MatchingRPS.Key():                                         10_000,
		dynamicconfig.FrontendPersistenceMaxQPS.Key():                           10_000,
		dynamicconfig.HistoryPersistenceMaxQPS.Key():                            20_000,
		dynamicconfig.MatchingPersistenceMaxQPS.Key():                           10_000,
		// Twice the chats that one machine has open at once.
		dynamicconfig.HistoryCacheHostLevelMaxSize.Key(): 8_192,
		// The columns of the SQL schema are that long; the default of 1,000 would fail later and less clearly.
		dynamicconfig.MaxIDLengthLimit.Key():                    255,
		dynamicconfig.NamespaceCacheRefreshInterval.Key():       namespaceRefresh,
		dynamicconfig.MatchingNumTaskqueueReadPartitions.Key():  1,
		dynamicconfig.MatchingNumTaskqueueWritePartitions.Key(): 1,
		dynamicconfig.MatchingEnableFairness.Key():              forSendQueues(true),
	}
}

func forSendQueues(value any) []dynamicconfig.ConstrainedValue {
	values := make([]dynamicconfig.ConstrainedValue, 0, len(sendQueues))
	for _, queue := range sendQueues {
		values = append(values, dynamicconfig.ConstrainedValue{
			Constraints: dynamicconfig.Constraints{TaskQueueName: queue},
			Value:       value,
		})
	}
	return values
}
