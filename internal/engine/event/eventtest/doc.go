// Package eventtest helps to test what consumes and what implements
// [event.Source]: builders for events, a fake Source held in memory, and
// [TestSource], the conformance suite that every Source has to pass.
package eventtest
