package openai

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
)

// numbers is a vector as servers write it: a list, or the base64 of little-endian
// float32, which some send whatever is asked for.
type numbers []float32

// UnmarshalJSON refuses a list with null, which stands for NaN.
func (n *numbers) UnmarshalJSON(data []byte) error {
	if len(data) == 0 || data[0] != '"' {
		if bytes.Contains(data, []byte("null")) {
			return errors.New("vector with a number that is none")
		}
		return json.Unmarshal(data, (*[]float32)(n))
	}
	var coded string
	if err := json.Unmarshal(data, &coded); err != nil {
		return err
	}
	raw, err := base64.StdEncoding.DecodeString(coded)
	if err != nil || len(raw)%4 != 0 {
		return errors.New("vector that is no base64 of float32")
	}
	list := make(numbers, len(raw)/4)
	for i := range list {
		list[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	*n = list
	return nil
}
