package api

import (
	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"

	"tandem/domain"
)

// codec lets the Temporal UI show decoded payloads to those who may see them. The UI is a page of another origin that
// sends the user's own cookie, so exactly that origin is let in, and nothing else with credentials.
func (s *server) codec(c *fiber.Ctx) error {
	origin := c.Get(fiber.HeaderOrigin)
	if origin != "" {
		c.Vary(fiber.HeaderOrigin)
		if !s.temporalUI(origin) {
			return foreignOrigin()
		}
		c.Set(fiber.HeaderAccessControlAllowOrigin, origin)
		c.Set(fiber.HeaderAccessControlAllowCredentials, "true")
	}
	if c.Method() == fiber.MethodOptions {
		c.Set(fiber.HeaderAccessControlAllowMethods, "POST")
		// The UI sends its namespace and, when it has one, a token.
		c.Set(fiber.HeaderAccessControlAllowHeaders, "Content-Type, X-Namespace, Authorization")
		c.Set(fiber.HeaderAccessControlMaxAge, "600")
		return c.SendStatus(fiber.StatusNoContent)
	}
	if err := mayCall(c.UserContext(), seesTheEngine); err != nil {
		return err
	}
	if s.decoder == nil {
		return domain.E(domain.CodeNotFound, "this process decodes no payloads")
	}
	return adaptor.HTTPHandler(s.decoder)(c)
}

func (s *server) temporalUI(origin string) bool { return s.uiOrigin != "" && origin == s.uiOrigin }
