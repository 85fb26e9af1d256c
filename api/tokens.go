package api

import (
	"context"
	"strings"

	"tandem/domain"
)

// NewTokenRequest names a token for a program.
type NewTokenRequest struct {
	Name string `json:"name" minLength:"1" maxLength:"100" example:"nightly export"`
}

// NewToken is a fresh token; its secret is shown this once.
type NewToken struct {
	Token  domain.Token `json:"token"`
	Secret string       `json:"secret" doc:"Send it as: Authorization: Bearer <secret>"`
}

type newTokenInput struct {
	Body NewTokenRequest
}

type newTokenOutput struct {
	Body NewToken
}

type tokensOutput struct {
	Body domain.Page[domain.Token]
}

type tokenPath struct {
	ID string `path:"id"`
}

func (s *server) createToken(ctx context.Context, in *newTokenInput) (*newTokenOutput, error) {
	name, err := givenName(in.Body.Name)
	if err != nil {
		return nil, err
	}
	secret := tokenPrefix + newSecret()
	token, err := s.store.CreateToken(ctx, actorOf(ctx), name, hashSecret(secret))
	if err != nil {
		return nil, err
	}
	return &newTokenOutput{Body: NewToken{Token: token, Secret: secret}}, nil
}

func (s *server) listTokens(ctx context.Context, _ *struct{}) (*tokensOutput, error) {
	tokens, err := s.store.Tokens(ctx, actorOf(ctx))
	return &tokensOutput{Body: wholeList(tokens)}, err
}

func (s *server) revokeToken(ctx context.Context, in *tokenPath) (*struct{}, error) {
	id, err := pathID[domain.TokenID]("token", in.ID)
	if err != nil {
		return nil, err
	}
	return nil, s.store.RevokeToken(ctx, actorOf(ctx), id)
}

// wholeList is a list that always fits one page.
func wholeList[T any](items []T) domain.Page[T] {
	if items == nil {
		items = []T{}
	}
	return domain.Page[T]{Items: items}
}

// pathID reads an id from the address; what can't be an id names nothing, so it is not_found like any unknown one.
func pathID[T ~string](noun, text string) (T, error) {
	id, err := domain.ParseID[T]("id", text)
	if err != nil {
		return "", domain.E(domain.CodeNotFound, "no %s has this id", noun).Because("unknown_" + strings.ReplaceAll(noun, "-", "_"))
	}
	return id, nil
}

// givenName trims a name and refuses an empty one and one that can't be stored.
func givenName(text string) (string, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return "", domain.Invalid("name", "name is empty")
	}
	return text, storable("name", text)
}

// storable refuses text that no database text can hold.
func storable(field, text string) error {
	if strings.ContainsRune(text, 0) {
		return domain.Invalid(field, "%s holds characters that can't be stored", field)
	}
	return nil
}
