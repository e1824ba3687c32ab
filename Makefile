# What one does here, in six words; .ci/run is the whole of it.
.PHONY: build test demo lint pictures ci

build: ## the program, as ./billferry
	CGO_ENABLED=0 go build -trimpath -o billferry .

test: ## what README names
	go test ./...

demo: ## the whole product against simulators
	go run . demo

lint: ## formatting, vet, staticcheck; golangci-lint too where it is installed
	test -z "$$(gofmt -l $$(git ls-files '*.go'))"
	go vet ./...
	go tool staticcheck ./...
	if command -v golangci-lint >/dev/null; then golangci-lint run; fi

pictures: ## the pictures of README, from the running program
	.ci/pictures

ci: ## everything a change has to pass
	.ci/run
