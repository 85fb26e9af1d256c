package bench

import (
	"fmt"
	"strconv"
	"strings"
)

// areaCodes are North American area codes; in each, 555-0100 to 555-0199 are set aside for fiction, so the numbers made
// from them never belong to anyone. 202 is left to the demo data.
var areaCodes = strings.Fields(`
	201 203 205 206 207 208 209 210 212 213 214 215 216 217 218 219 224 225 228 229
	231 234 239 240 248 251 252 253 254 256 260 262 267 269 270 276 281 301 302 303
	304 305 307 308 309 310 312 313 314 315 316 317 318 319 320 321 323 325 330 334
	336 337 347 351 352 360 361 386 401 402 404 405 406 407 408 409 410 412 413 414
	415 417 419 423 425 432 434 435 440 443 469 478 479 480 484 501 502 503 504 505`)

// numbersPerArea is how many fictional numbers an area code has.
const numbersPerArea = 100

var mostCustomers = len(areaCodes) * numbersPerArea

// customerNumber gives the n-th customer's number in E.164.
func customerNumber(n int) string {
	return fmt.Sprintf("+1%s55501%02d", areaCodes[n/numbersPerArea], n%numbersPerArea)
}

// customerOf is the inverse of customerNumber; ok is false for numbers that aren't the driver's.
func customerOf(number string) (n int, ok bool) {
	if len(number) != 12 || !strings.HasPrefix(number, "+1") || number[5:10] != "55501" {
		return 0, false
	}
	last, err := strconv.Atoi(number[10:])
	if err != nil {
		return 0, false
	}
	for i, code := range areaCodes {
		if code == number[2:5] {
			return i*numbersPerArea + last, true
		}
	}
	return 0, false
}
