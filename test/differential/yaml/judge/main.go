// Reads texts as kubectl does and prints the JSON that it would go on with, one line in and one line out.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"

	kubejson "k8s.io/apimachinery/pkg/util/json"
	kubeyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

type question struct {
	// One document through sigs.k8s.io/yaml, or a whole file through kubectl's decoder.
	Whole bool   `json:"whole"`
	Text  []byte `json:"text"`
}

type answer struct {
	Documents []json.RawMessage `json:"documents"`
	Error     string            `json:"error"`
}

func readDocument(text []byte) answer {
	document, err := yaml.YAMLToJSON(text)
	if err != nil {
		return answer{Error: err.Error()}
	}
	return answer{Documents: []json.RawMessage{document}}
}

func readFile(text []byte) answer {
	documents := []json.RawMessage{}
	decoder := kubeyaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096)
	for {
		var raw json.RawMessage
		err := decoder.Decode(&raw)
		if err == io.EOF {
			return answer{Documents: documents}
		}
		if err != nil {
			return answer{Documents: documents, Error: err.Error()}
		}
		raw = bytes.TrimSpace(raw)
		if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
			continue
		}
		// An object is made of it: texts become Unicode, numbers int64 or float64.
		var value any
		if err := kubejson.Unmarshal(raw, &value); err != nil {
			return answer{Documents: documents, Error: err.Error()}
		}
		document, err := json.Marshal(value)
		if err != nil {
			return answer{Documents: documents, Error: err.Error()}
		}
		documents = append(documents, document)
	}
}

func main() {
	input := bufio.NewReader(os.Stdin)
	output := bufio.NewWriter(os.Stdout)
	defer output.Flush()
	encoder := json.NewEncoder(output)
	for {
		line, err := input.ReadBytes('\n')
		if err != nil {
			return
		}
		var asked question
		if err := json.Unmarshal(line, &asked); err != nil {
			panic(err)
		}
		read := readDocument
		if asked.Whole {
			read = readFile
		}
		if err := encoder.Encode(read(asked.Text)); err != nil {
			panic(err)
		}
	}
}
