package api

import (
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"
)

// noReadTimeout tells Huma to leave the connection's deadlines to Fiber.
const noReadTimeout time.Duration = 0

const (
	get    = http.MethodGet
	post   = http.MethodPost
	put    = http.MethodPut
	patch  = http.MethodPatch
	remove = http.MethodDelete

	created = http.StatusCreated

	apiPrefix    = "/api/v1"
	widgetPrefix = apiPrefix + "/widget"
	streamPath   = apiPrefix + "/stream"
	codecPrefix  = apiPrefix + "/temporal/codec"
)

// operations is the table of everything in the OpenAPI document: method, address, id, group, summary, who may.
func (s *server) operations() {
	add(s, operation{post, "/api/v1/auth/login", "signIn", "auth", "Sign in with e-mail and password; sets the session's cookie", anyone, 0}, s.signIn)
	add(s, operation{post, "/api/v1/auth/logout", "signOut", "auth", "Sign out and close this session's sockets", anyone, 0}, s.signOut)
	add(s, operation{get, "/api/v1/tokens", "listTokens", "auth", "My bearer tokens, without their secrets", signedIn, 0}, s.listTokens)
	add(s, operation{post, "/api/v1/tokens", "createToken", "auth", "Make a bearer token that acts as me; its secret is shown once", signedIn, created}, s.createToken)
	add(s, operation{remove, "/api/v1/tokens/{id}", "revokeToken", "auth", "End a bearer token", signedIn, 0}, s.revokeToken)

	add(s, operation{get, "/api/v1/me", "getMe", "me", "Who I am and what my account has", signedIn, 0}, s.me)
	add(s, operation{put, "/api/v1/me/status", "setMyStatus", "me", "Be available, on a break (keeps my chats) or offline, now or after my chats", takesChats, 0}, s.setStatus)
	add(s, operation{get, "/api/v1/summary", "getSummary", "me", "How many wait, since when, and how full I am", worksChats, 0}, s.summary)

	add(s, operation{get, "/api/v1/chats", "listChats", "chats", "Chats: mine, waiting or all", worksChats, 0}, s.listChats)
	add(s, operation{get, "/api/v1/chats/{id}", "getChat", "chats", "One chat", worksChats, 0}, s.getChat)
	add(s, operation{get, "/api/v1/chats/{id}/messages", "listMessages", "chats", "A page of a chat's messages, ascending; the newest page when nothing is asked", worksChats, 0}, s.listMessages)
	add(s, operation{post, "/api/v1/chats/{id}/messages", "postMessage", "chats", "Write to the customer; only the chat's owner may", worksChats, created}, s.postMessage)
	add(s, operation{post, "/api/v1/chats/{id}/notes", "postNote", "chats", "Leave a note that colleagues see and the customer doesn't", worksChats, created}, s.postNote)
	add(s, operation{post, "/api/v1/chats/{id}/read", "markRead", "chats", "Say up to where I have read", worksChats, 0}, s.markRead)
	add(s, operation{post, "/api/v1/chats/{id}/dispose", "disposeChat", "chats", "End a chat with its result and free the slot", worksChats, 0}, s.dispose)
	add(s, operation{put, "/api/v1/chats/{id}/disposition", "chooseDisposition", "chats", "Choose the result of a living chat, applied at its end, or correct the one of a closed chat", worksChats, 0}, s.chooseDisposition)
	add(s, operation{get, "/api/v1/customers/{id}/chats", "listCustomerChats", "chats", "A customer's past chats, newest first", worksChats, 0}, s.customerChats)
	add(s, operation{get, "/api/v1/dispositions", "listDispositions", "chats", "The results I may give a chat", worksChats, 0}, s.listDispositions)
	add(s, operation{get, "/api/v1/canned-replies", "listCannedReplies", "chats", "Ready texts by their shortcuts", worksChats, 0}, s.listCannedReplies)

	s.routingOperations()

	add(s, operation{get, "/api/v1/settings/users", "listUsers", "settings", "The account's people", supervises, 0}, s.listUsers)
	add(s, operation{post, "/api/v1/settings/users", "createUser", "settings", "Add a person", administers, created}, s.createUser)
	add(s, operation{patch, "/api/v1/settings/users/{id}", "updateUser", "settings", "Change a person; disabling one ends their sessions", administers, 0}, s.updateUser)
	add(s, operation{get, "/api/v1/settings/queues", "listQueues", "settings", "The account's queues", supervises, 0}, s.listQueues)
	add(s, operation{post, "/api/v1/settings/queues", "createQueue", "settings", "Make a queue", administers, created}, s.createQueue)
	add(s, operation{patch, "/api/v1/settings/queues/{id}", "updateQueue", "settings", "Change a queue", administers, 0}, s.updateQueue)
	add(s, operation{get, "/api/v1/settings/queues/{id}", "getQueue", "settings", "A queue with its members and its policy", supervises, 0}, s.getQueue)
	add(s, operation{put, "/api/v1/settings/queues/{id}/members", "setQueueMembers", "settings", "Say who serves a queue, and who is served first", administers, 0}, s.putMembers)
	add(s, operation{put, "/api/v1/settings/queues/{id}/policy", "setQueuePolicy", "settings", "Replace what a queue does with its chats; chats that wait already keep the rules they arrived under", administers, 0}, s.putPolicy)
	add(s, operation{get, "/api/v1/settings/queues/{id}/policies", "listQueuePolicies", "settings", "A queue's policies of earlier times, newest first", supervises, 0}, s.listPolicies)
	add(s, operation{get, "/api/v1/settings/routing", "getRoutingSettings", "settings", "The account's rules of routing: caps, sticky agents, presence, transfers", supervises, 0}, s.getRoutingSettings)
	add(s, operation{put, "/api/v1/settings/routing", "setRoutingSettings", "settings", "Replace the account's rules of routing", administers, 0}, s.putRoutingSettings)
	add(s, operation{get, "/api/v1/settings/routing/versions", "listRoutingVersions", "settings", "The account's rules of earlier times, newest first", supervises, 0}, s.listSettingsVersions)
	add(s, operation{post, "/api/v1/settings/routing/preview", "previewPolicy", "settings", "What a policy would do, one sentence per step, and what would be refused; nothing is stored", supervises, 0}, s.preview)
	add(s, operation{get, "/api/v1/settings/channels", "listChannels", "settings", "The account's channels, without secrets", supervises, 0}, s.listChannels)
	add(s, operation{get, "/api/v1/settings/dispositions", "listAllDispositions", "settings", "The results agents may give, the disabled ones included", supervises, 0}, s.allDispositions)
	add(s, operation{post, "/api/v1/settings/dispositions", "createDisposition", "settings", "Add a result", administers, created}, s.createDisposition)
	add(s, operation{patch, "/api/v1/settings/dispositions/{id}", "updateDisposition", "settings", "Change a result; a disabled one is offered no more", administers, 0}, s.updateDisposition)

	add(s, operation{post, "/api/v1/widget/{key}/sessions", "beginWidgetSession", "widget", "Begin or resume a visitor's session", anyone, 0}, s.widgetSession)
	add(s, operation{get, "/api/v1/widget/{key}/messages", "listWidgetMessages", "widget", "Messages of the visitor's latest chat", anyone, 0}, s.widgetMessages)
	add(s, operation{post, "/api/v1/widget/{key}/messages", "postWidgetMessage", "widget", "A visitor writes", anyone, created}, s.widgetPost)
	add(s, operation{post, "/api/v1/widget/{key}/read", "markWidgetRead", "widget", "The visitor has seen the agent's messages up to here", anyone, 0}, s.widgetRead)
	add(s, operation{post, "/api/v1/widget/{key}/end", "endWidgetChat", "widget", "The visitor ends the chat", anyone, 0}, s.widgetEnd)

	add(s, operation{get, "/healthz", "getHealth", "operations", "Whether this process lives", anyone, 0}, s.healthz)
	add(s, operation{get, "/readyz", "getReadiness", "operations", "Whether PostgreSQL and Temporal answer", anyone, 0}, s.readyz)
}

// routingOperations is the part of the table about who has a chat and why.
func (s *server) routingOperations() {
	add(s, operation{post, "/api/v1/chats/{id}/accept", "acceptChat", "ownership", "Take a chat that is held out to me; 409 already_taken or offer_ended when I am too late", worksChats, 0}, s.plain(Store.AcceptOffer))
	add(s, operation{post, "/api/v1/chats/{id}/decline", "declineChat", "ownership", "Let a chat that is held out to me pass to the next agent", worksChats, 0}, s.decline)
	add(s, operation{post, "/api/v1/chats/{id}/transfer", "transferChat", "ownership", "Give my chat to a colleague or a queue; a supervisor may give any chat", worksChats, 0}, s.transfer)
	add(s, operation{post, "/api/v1/chats/{id}/requeue", "requeueChat", "ownership", "Give my chat back to the front of its line", worksChats, 0}, s.requeue)
	add(s, operation{post, "/api/v1/chats/{id}/take", "takeChat", "ownership", "Take a chat over, from the line or from an agent", supervises, 0}, s.plain(Store.TakeChat))
	add(s, operation{post, "/api/v1/chats/{id}/join", "joinChat", "ownership", "Write in a chat beside its owner; everybody in the chat sees that I joined", worksChats, 0}, s.plain(Store.JoinChat))
	add(s, operation{post, "/api/v1/chats/{id}/leave", "leaveChat", "ownership", "Leave a chat I joined", worksChats, 0}, s.plain(Store.LeaveChat))
	add(s, operation{post, "/api/v1/chats/{id}/hold", "holdChat", "ownership", "Let my chat rest without taking a slot; it returns by itself, or when the customer writes", worksChats, 0}, s.hold)
	add(s, operation{post, "/api/v1/chats/{id}/resume", "resumeChat", "ownership", "Take my held chat back", worksChats, 0}, s.plain(Store.ResumeChat))
	add(s, operation{post, "/api/v1/chats/{id}/next-step", "forceNextStep", "ownership", "Do the next fallback step of a waiting chat now", supervises, 0}, s.plain(Store.NextStep))
	add(s, operation{get, "/api/v1/chats/{id}/routing", "getRoutingStory", "ownership", "Why this chat went where it went, and what happens next when", worksChats, 0}, s.routingStory)

	add(s, operation{get, "/api/v1/agents", "listAgents", "agents", "Everybody who takes chats, with their state and how full they are", worksChats, 0}, s.listAgents)
	add(s, operation{put, "/api/v1/agents/{id}/status", "setAgentStatus", "agents", "Change an agent's state", supervises, 0}, s.setAgentStatus)
	add(s, operation{get, "/api/v1/queues", "listMyQueues", "agents", "The queues a chat may be transferred to", worksChats, 0}, s.listQueues)

	add(s, operation{get, "/api/v1/customers/{id}/sticky", "getStickyAgent", "customers", "The customer's own agent; null when they have none", worksChats, 0}, s.getSticky)
	add(s, operation{put, "/api/v1/customers/{id}/sticky", "setStickyAgent", "customers", "Give a customer their own agent", supervises, 0}, s.setSticky)
	add(s, operation{remove, "/api/v1/customers/{id}/sticky", "clearStickyAgent", "customers", "Take a customer's own agent away; taking none away is fine", supervises, 0}, s.clearSticky)
	add(s, operation{get, "/api/v1/follow-ups", "listFollowUps", "customers", "What was promised to customers for later", worksChats, 0}, s.listFollowUps)
	add(s, operation{post, "/api/v1/follow-ups/{id}/done", "finishFollowUp", "customers", "Note that a promise was kept", worksChats, 0}, s.finishFollowUp)
}

// plainRoutes is the table of what is not JSON in, JSON out: providers' webhooks, sockets, files.
func (s *server) plainRoutes(app *fiber.App) {
	app.Post("/webhooks/:provider/:key", s.webhook)
	app.Post("/webhooks/:provider/:key/status", s.webhookStatus)

	app.Get(streamPath, s.stream)
	app.Get(widgetPrefix+"/:key/stream", s.widgetStream)
	app.All(codecPrefix+"/*", s.codec)

	app.Get("/widget.js", s.serveWidget)
	app.Get("/openapi.json", s.serveOpenAPI)
	app.Get("/docs", s.serveDocs)
	app.Use(s.serveConsole)
}
