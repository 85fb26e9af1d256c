package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"
)

// SearchAttributes are what operators filter chats by in the Temporal UI. Their number per kind is limited by the SQL
// schema (10 keywords, 3 of each other kind).
var SearchAttributes = map[string]enums.IndexedValueType{
	"ChatPhase":      enums.INDEXED_VALUE_TYPE_KEYWORD,
	"ChatAccount":    enums.INDEXED_VALUE_TYPE_KEYWORD,
	"ChatQueue":      enums.INDEXED_VALUE_TYPE_KEYWORD,
	"ChatAgent":      enums.INDEXED_VALUE_TYPE_KEYWORD,
	"ChatChannel":    enums.INDEXED_VALUE_TYPE_KEYWORD,
	"ChatCampaign":   enums.INDEXED_VALUE_TYPE_KEYWORD,
	"ChatOutcome":    enums.INDEXED_VALUE_TYPE_KEYWORD,
	"ChatQueuedAt":   enums.INDEXED_VALUE_TYPE_DATETIME,
	"ChatDeadlineAt": enums.INDEXED_VALUE_TYPE_DATETIME,
	"ChatPriority":   enums.INDEXED_VALUE_TYPE_INT,
	"ChatTags":       enums.INDEXED_VALUE_TYPE_KEYWORD_LIST,
}

// setUpNamespace makes the namespace and its search attributes, and returns when workflows can use them.
func setUpNamespace(ctx context.Context, cl client.Client, c Config) error {
	if err := retry(ctx, func() error { return registerNamespace(ctx, cl, c) }); err != nil {
		return fmt.Errorf("registering namespace %s: %w", c.Namespace, err)
	}
	var added int
	err := retry(ctx, func() (err error) {
		added, err = addSearchAttributes(ctx, cl, c.Namespace)
		return err
	})
	if err != nil {
		return fmt.Errorf("adding search attributes: %w", err)
	}
	if err := retry(ctx, func() error { return useSearchAttributes(ctx, cl, c.Namespace) }); err != nil {
		return fmt.Errorf("waiting for the search attributes: %w", err)
	}
	if added == 0 {
		return nil
	}
	// The frontend, which was asked, knows the attributes; the history service reads them by its own clock.
	return pause(ctx, namespaceRefresh)
}

func registerNamespace(ctx context.Context, cl client.Client, c Config) error {
	_, err := cl.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace:                        c.Namespace,
		Description:                      "Chats and bulk runs of Tandem",
		WorkflowExecutionRetentionPeriod: durationpb.New(c.Retention),
	})
	if _, ok := errors.AsType[*serviceerror.NamespaceAlreadyExists](err); ok {
		return nil
	}
	return err
}

// addSearchAttributes adds those that are missing and tells how many that were.
func addSearchAttributes(ctx context.Context, cl client.Client, namespace string) (int, error) {
	known, err := cl.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: namespace})
	if err != nil {
		return 0, err
	}
	missing := map[string]enums.IndexedValueType{}
	for name, kind := range SearchAttributes {
		if _, ok := known.GetCustomAttributes()[name]; !ok {
			missing[name] = kind
		}
	}
	if len(missing) == 0 {
		return 0, nil
	}
	_, err = cl.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace: namespace, SearchAttributes: missing,
	})
	return len(missing), err
}

// useSearchAttributes fails while one of the attributes can't be used in a query.
func useSearchAttributes(ctx context.Context, cl client.Client, namespace string) error {
	for name := range SearchAttributes {
		_, err := cl.WorkflowService().CountWorkflowExecutions(ctx, &workflowservice.CountWorkflowExecutionsRequest{
			Namespace: namespace, Query: name + " is null and WorkflowType = 'none'",
		})
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// retry tries until ctx ends: a server that has just started refuses calls, and what one service wrote another sees
// only after its next refresh.
func retry(ctx context.Context, try func() error) error {
	for {
		err := try()
		if err == nil {
			return nil
		}
		if stopped := pause(ctx, 50*time.Millisecond); stopped != nil {
			return errors.Join(stopped, err)
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
