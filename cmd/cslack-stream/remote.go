package main

import (
	"context"
	"net"
	"net/url"
	"os"
	"strings"

	"cslack-stream/internal/server/client"
)

// openServer makes a source of the server at address. It does not connect:
// the first request does.
func openServer(_ context.Context, env *environment, f sourceFlags, address string) (*attachment, error) {
	token, err := f.token(env)
	if err != nil {
		return nil, err
	}
	s, err := client.New(client.Options{
		URL: address, Token: token, NoReconnect: f.noReconnect,
		OnState: func(s client.State) { f.tellState(s) },
	})
	if err != nil {
		return nil, usageError("%w", err)
	}
	a := &attachment{Source: s, Agents: s.Agents, Channels: s.Channels, Why: s.Why, Actor: s, Mode: modeLive, Where: address, Close: s.Close}
	if token != "" && travelsInClear(address) {
		a.Notes = append(a.Notes, "the access token travels unencrypted to "+address+": use https")
	}
	return a, nil
}

// tellState says once that the connection is lost, and once that it is back.
func (f *sourceFlags) tellState(s client.State) {
	if f.onState != nil {
		f.onState(s)
	}
	switch {
	case s.Phase == client.Lost && s.Attempt <= 1 && !f.noReconnect:
		f.tell("stream lost: %v; trying again", s.Err)
	case s.Phase == client.Reconnected:
		f.tell("stream is back, nothing is missing")
	}
}

// token returns the access token for a server; empty if there is none.
func (f *sourceFlags) token(env *environment) (string, error) {
	if f.tokenFile == "" {
		return strings.TrimSpace(env.Getenv("CSLACK_STREAM_TOKEN")), nil
	}
	data, err := os.ReadFile(f.tokenFile)
	if err != nil {
		return "", usageError("--token-file: %w", err)
	}
	token := strings.TrimSpace(string(data))
	if token == "" || strings.ContainsAny(token, "\r\n") {
		return "", usageError("--token-file %s: want one token in the file", quoted(f.tokenFile))
	}
	return token, nil
}

// travelsInClear tells whether others than this machine could read what is
// sent to address.
func travelsInClear(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback())
}
