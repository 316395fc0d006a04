// Openapi prints the description of the control API, from which the types of the pages are generated.
//
//	go run ./build/openapi > frontend/src/api/openapi.json
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"

	"metapi/backend/control"
)

func main() {
	if err := describe(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "openapi:", err)
		os.Exit(1)
	}
}

func describe(to io.Writer) error {
	w := httptest.NewRecorder()
	// The version of the product is no part of what the pages are made from: it would change the file with each commit.
	control.Handler(&control.Service{Version: "1"}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/openapi.json", nil))
	var text bytes.Buffer
	if err := json.Indent(&text, w.Body.Bytes(), "", "  "); err != nil {
		return err
	}
	_, err := fmt.Fprintln(to, text.String())
	return err
}
