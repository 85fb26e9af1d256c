package e2e_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/proxy"
	sdkpb "go.temporal.io/api/sdk/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/encoding/protojson"

	"tandem/config"
	"tandem/devstack/e2e"
	"tandem/domain"
	"tandem/orchestrator"
)

// With -record the stories below write their histories for the replay test of package workflows. Histories must come
// from released code: record in a checkout of the last tag, else the replay test compares code with itself.
var record = flag.Bool("record", false, "write workflows/testdata/histories")

const historyFolder = "../../workflows/testdata/histories"

// engineRoom is what an operator has: the instance's engine, and the key to its payloads.
type engineRoom struct {
	in    *e2e.Instance
	plain client.Client // signals sealed as the product does
	codec *orchestrator.Codec
	agent *e2e.Person
}

func newEngineRoom(t *testing.T) *engineRoom {
	t.Helper()
	in := e2e.Start(t, e2e.Options{Environment: []string{"TANDEM_RECONCILE_AFTER=2s"}})
	text, err := os.ReadFile(filepath.Join(in.DataDir, "encryption.key"))
	require.NoError(t, err)
	keys, err := config.ParseKeys(strings.TrimSpace(string(text)))
	require.NoError(t, err)
	codec, err := orchestrator.NewCodec([]orchestrator.Key{{ID: keys[0].ID, Secret: keys[0].Bytes()}})
	require.NoError(t, err)
	c, err := client.Dial(client.Options{
		HostPort: in.Temporal, DataConverter: converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), codec),
	})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return &engineRoom{in: in, plain: c, codec: codec, agent: in.SignIn(t, "agent1@demo.test")}
}

func workflowOf(chat domain.ChatID) string { return "chat:demo:" + string(chat) }

// run gives the latest run of a workflow and how it stands.
func (e *engineRoom) run(t *testing.T, id string) (runID string, status enums.WorkflowExecutionStatus) {
	t.Helper()
	answer, err := e.plain.DescribeWorkflowExecution(t.Context(), id, "")
	if err != nil {
		return "", enums.WORKFLOW_EXECUTION_STATUS_UNSPECIFIED
	}
	info := answer.GetWorkflowExecutionInfo()
	return info.GetExecution().GetRunId(), info.GetStatus()
}

// awaitStatus waits until the workflow's latest run stands so.
func (e *engineRoom) awaitStatus(t *testing.T, id string, want enums.WorkflowExecutionStatus) {
	t.Helper()
	var got enums.WorkflowExecutionStatus
	require.Eventually(t, func() bool {
		_, got = e.run(t, id)
		return got == want
	}, 2*e2e.Patience, 50*time.Millisecond, "status: %v", &got)
}

// history reads a run, opens its payloads and keeps it when asked to record.
func (e *engineRoom) history(t *testing.T, id, runID, name string) *historypb.History {
	t.Helper()
	var h historypb.History
	events := e.plain.GetWorkflowHistory(t.Context(), id, runID, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		require.NoError(t, err)
		h.Events = append(h.Events, event)
	}
	require.NoError(t, proxy.VisitPayloads(t.Context(), &h, proxy.VisitPayloadsOptions{
		SkipSearchAttributes: true,
		Visitor: func(_ *proxy.VisitPayloadsContext, p []*commonpb.Payload) ([]*commonpb.Payload, error) {
			return e.codec.Decode(p)
		},
	}))
	if *record {
		// Long ones are for the replay only; the others are read by people.
		text, err := protojson.MarshalOptions{Multiline: len(h.GetEvents()) < 500}.Marshal(&h)
		require.NoError(t, err)
		text = anonymous(t, text)
		require.NoError(t, os.MkdirAll(historyFolder, 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(historyFolder, name+".json"), text, 0o644))
	}
	return &h
}

var identity = regexp.MustCompile(`"identity": *"[^"]*"`)

// anonymous takes the name of the recording machine out of a history.
func anonymous(t *testing.T, text []byte) []byte {
	t.Helper()
	host, err := os.Hostname()
	require.NoError(t, err)
	text = identity.ReplaceAll(text, []byte(`"identity":"recorder"`))
	return bytes.ReplaceAll(text, []byte(`"`+host+`:`), []byte(`"recorder:`))
}

// count tells how many events of a kind a history has.
func count(h *historypb.History, kind enums.EventType) (n int) {
	for _, event := range h.GetEvents() {
		if event.GetEventType() == kind {
			n++
		}
	}
	return n
}

// finished disposes of a chat and gives its history once its workflow has ended.
func (e *engineRoom) finished(t *testing.T, chat domain.ChatID, name string) *historypb.History {
	t.Helper()
	dispose(t, e.agent, chat)
	e.awaitStatus(t, workflowOf(chat), enums.WORKFLOW_EXECUTION_STATUS_COMPLETED)
	return e.history(t, workflowOf(chat), "", name)
}

// card is what an operator reads on the workflow's page.
func (e *engineRoom) card(t *testing.T, chat domain.ChatID) string {
	t.Helper()
	answer, err := e.plain.QueryWorkflow(t.Context(), workflowOf(chat), "", "__temporal_workflow_metadata")
	require.NoError(t, err)
	var metadata sdkpb.WorkflowMetadata
	require.NoError(t, answer.Get(&metadata))
	return metadata.GetCurrentDetails()
}

// awaitMessage waits until an agent's message stands so.
func (e *engineRoom) awaitMessage(t *testing.T, chat domain.ChatID, text string, want domain.Status) {
	t.Helper()
	var got domain.Status
	require.Eventually(t, func() bool {
		for _, m := range e.agent.Messages(t, chat) {
			if m.Text == text {
				got = m.Status
			}
		}
		return got == want
	}, 2*e2e.Patience, 50*time.Millisecond, "status: %v", &got)
}

func (e *engineRoom) open(t *testing.T, number string) domain.ChatID {
	t.Helper()
	e.in.Text(t, number, "hello from "+number)
	return chatOf(t, e.agent, number).ID
}

// TestChatsOnARealEngine tells the stories of chats' workflows on the real engine, one after the other.
func TestChatsOnARealEngine(t *testing.T) {
	t.Parallel()
	e := newEngineRoom(t)
	for _, story := range []struct {
		name string
		tell func(*testing.T, *engineRoom)
	}{
		{"waits and is abandoned", abandoned},
		{"answered and disposed", answered},
		{"sends in trouble", troubled},
		{"terminated and continued from the ledger", terminated},
		{"cancelled by an operator", cancelled},
		{"a flood that continues as new", flooded},
		{"the sweep", swept},
	} {
		t.Run(story.name, func(t *testing.T) { story.tell(t, e) })
	}
}

func abandoned(t *testing.T, e *engineRoom) {
	visitor := e.in.OpenWidget(t)
	visitor.Write(t, "v-1", "anybody there?")
	var chat domain.ChatID
	supervisor := e.in.SignIn(t, "supervisor@demo.test")
	require.Eventually(t, func() bool {
		waiting := e2e.Get[domain.Page[domain.ChatView]](t, supervisor, "/api/v1/chats?view=waiting").Items
		if len(waiting) == 1 {
			chat = waiting[0].ID
		}
		return chat != ""
	}, e2e.Patience, 50*time.Millisecond)
	require.Eventually(t, func() bool { // the safety net has asked a second time
		_, status := e.run(t, workflowOf(chat))
		return status == enums.WORKFLOW_EXECUTION_STATUS_RUNNING &&
			count(e.history(t, workflowOf(chat), "", "abandoned"), enums.EVENT_TYPE_TIMER_FIRED) >= 1
	}, 2*e2e.Patience, 500*time.Millisecond)
	visitor.End(t)
	e.awaitStatus(t, workflowOf(chat), enums.WORKFLOW_EXECUTION_STATUS_COMPLETED)
	e.history(t, workflowOf(chat), "", "abandoned")
	require.Equal(t, domain.OutcomeAbandoned, e2e.Get[domain.ChatView](t, supervisor, "/api/v1/chats/"+string(chat)).Outcome)
}

func answered(t *testing.T, e *engineRoom) {
	e.agent.SetStatus(t, "available")
	chat := e.open(t, "+12025550131")
	e.agent.Reply(t, chat, "r1", "first")
	e.agent.Reply(t, chat, "r2", "second")
	e.in.Text(t, "+12025550131", "thanks")
	e.in.AwaitSent(t, "+12025550131", "first", "second")
	e.in.AwaitSignals(t, chat, "AgentMessage", 1)
	require.Contains(t, e.card(t, chat), "With Ada Agent")
	require.Contains(t, e.card(t, chat), "/chats/"+string(chat))
	require.Eventually(t, func() bool { // operators find the chat by its attributes
		list, err := e.plain.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: "default", Query: "ChatPhase = 'active' AND ChatQueue = 'Support' AND ChatAccount = 'demo' AND ChatChannel = 'demo-sms'",
		})
		return err == nil && len(list.GetExecutions()) == 1
	}, e2e.Patience, 50*time.Millisecond)
	h := e.finished(t, chat, "answered")
	require.Equal(t, 1, count(h, enums.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED))
}

func troubled(t *testing.T, e *engineRoom) {
	for number, end := range map[string]domain.Status{
		"+15005550009": domain.StatusFailed,    // refused
		"+15005550012": domain.StatusFailed,    // undelivered after it was accepted
		"+15005550020": domain.StatusDelivered, // throttled first
		"+15005550022": domain.StatusDelivered, // accepted with a 500
		"+15005550021": domain.StatusDelivered, // not accepted, with a 500
	} {
		chat := e.open(t, number)
		e.agent.Reply(t, chat, "r1", "reply to "+number)
		e.awaitMessage(t, chat, "reply to "+number, end)
		e.finished(t, chat, "send_"+number[len(number)-2:])
		if end == domain.StatusDelivered {
			e.in.AwaitSent(t, number, "reply to "+number)
		}
	}
}

func terminated(t *testing.T, e *engineRoom) {
	const number = "+12025550132"
	chat := e.open(t, number)
	e.in.AwaitSignals(t, chat, "AgentAssigned", 1)
	require.NoError(t, e.plain.TerminateWorkflow(t.Context(), workflowOf(chat), "", "a test"))
	e.agent.Reply(t, chat, "r1", "are you still there?")
	e.in.AwaitSent(t, number, "are you still there?")
	e.awaitStatus(t, workflowOf(chat), enums.WORKFLOW_EXECUTION_STATUS_RUNNING)
	require.NoError(t, e.plain.TerminateWorkflow(t.Context(), workflowOf(chat), "", "a test"))
	h := e.finished(t, chat, "terminated") // the command starts the workflow
	require.Equal(t, 1, count(h, enums.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED))
}

func cancelled(t *testing.T, e *engineRoom) {
	chat := e.open(t, "+12025550133")
	e.in.AwaitSignals(t, chat, "AgentAssigned", 1)
	require.NoError(t, e.plain.CancelWorkflow(t.Context(), workflowOf(chat), ""))
	e.awaitStatus(t, workflowOf(chat), enums.WORKFLOW_EXECUTION_STATUS_CANCELED)
	e.history(t, workflowOf(chat), "", "cancelled")
	require.Equal(t, domain.OutcomeCancelled, awaitPhase(t, e.agent, chat, domain.PhaseClosed).Outcome)
}

// flooded sends signals until the run hands over, and some more, with messages of the customer and replies among them:
// none is lost or repeated.
func flooded(t *testing.T, e *engineRoom) {
	const number = "+12025550134"
	chat := e.open(t, number)
	first, _ := e.run(t, workflowOf(chat))
	repeated := []domain.Fact{{Seq: 1, Kind: domain.FactCustomerMessage, ID: "repeat"}}
	var replies []string
	more := 100
	for n := 0; more > 0; n++ {
		require.Less(t, n, 3000, "a run takes two thousand signals")
		require.NoError(t, e.plain.SignalWorkflow(t.Context(), workflowOf(chat), "", string(domain.FactCustomerMessage), repeated))
		if n%100 == 0 {
			replies = append(replies, fmt.Sprint("reply ", n))
			e.agent.Reply(t, chat, fmt.Sprint("r", n), replies[len(replies)-1])
			e.in.Text(t, number, fmt.Sprint("message ", n))
		}
		if latest, _ := e.run(t, workflowOf(chat)); latest != first {
			more--
		}
	}
	e.in.AwaitSent(t, number, replies...)
	h := e.history(t, workflowOf(chat), first, "flooded_first_run")
	require.Equal(t, 1, count(h, enums.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW))
	require.Len(t, texts(e.agent.Messages(t, chat), domain.SideAgent), len(replies))
	e.finished(t, chat, "flooded_last_run")
}

func swept(t *testing.T, e *engineRoom) {
	require.Eventually(t, func() bool {
		list, err := e.plain.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: "default", Query: "WorkflowType = 'Sweep' AND ExecutionStatus = 'Completed'",
		})
		if err != nil || len(list.GetExecutions()) == 0 {
			return false
		}
		w := list.GetExecutions()[0].GetExecution()
		e.history(t, w.GetWorkflowId(), w.GetRunId(), "sweep")
		return true
	}, 4*e2e.Patience, time.Second)
}
