// Judges certificates, keys and signing requests by Go's crypto/x509: JSON on standard input, a verdict a case on standard output.
package main

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"sort"
	"strings"
)

type question struct {
	Name string
	// PEM: the leaf first.
	Chain string
	// PEM. Empty: the leaf signs itself, and is verified by itself.
	Roots string
	// PEM. Empty: not looked at.
	Key string
	// PEM. Empty: not looked at.
	Request string
}

type verdict struct {
	Name string `json:"name"`
	// Empty: nothing is wrong.
	Problem string `json:"problem"`
	// What Go reads of the leaf.
	Names   []string `json:"names"`
	Subject string   `json:"subject"`
	IsCA    bool     `json:"isCA"`
	Key     string   `json:"key"`
	Usages  int      `json:"usages"`
	Others  int      `json:"others"`
}

func main() {
	var questions []question
	if err := json.NewDecoder(os.Stdin).Decode(&questions); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	verdicts := make([]verdict, 0, len(questions))
	for _, one := range questions {
		verdicts = append(verdicts, judge(one))
	}
	if err := json.NewEncoder(os.Stdout).Encode(verdicts); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func judge(asked question) verdict {
	said := verdict{Name: asked.Name}
	chain, err := certificates(asked.Chain)
	if err != nil {
		said.Problem = err.Error()
		return said
	}
	leaf := chain[0]
	said.Names = namesOf(leaf.DNSNames, leaf)
	said.Subject = leaf.Subject.String()
	said.IsCA = leaf.IsCA
	said.Key = leaf.PublicKeyAlgorithm.String()
	said.Usages = int(leaf.KeyUsage)
	said.Others = len(leaf.ExtKeyUsage) + len(leaf.UnknownExtKeyUsage)
	for _, check := range []func() error{
		func() error { return form(leaf) },
		func() error { return verify(chain, asked.Roots) },
		func() error { return belongs(asked.Key, leaf) },
		func() error { return fulfils(asked.Request, leaf) },
	} {
		if err := check(); err != nil {
			said.Problem = err.Error()
			return said
		}
	}
	return said
}

func certificates(text string) ([]*x509.Certificate, error) {
	var all []*x509.Certificate
	for rest := []byte(text); ; {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		if block == nil {
			break
		}
		one, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	if len(all) == 0 {
		return nil, errors.New("no certificate")
	}
	return all, nil
}

func form(leaf *x509.Certificate) error {
	if leaf.Version != 3 {
		return fmt.Errorf("version %d", leaf.Version)
	}
	if leaf.SerialNumber.Sign() <= 0 || leaf.SerialNumber.BitLen() > 159 {
		return errors.New("a serial number that RFC 5280 does not allow")
	}
	if !leaf.BasicConstraintsValid {
		return errors.New("no basic constraints")
	}
	return nil
}

func verify(chain []*x509.Certificate, roots string) error {
	options := x509.VerifyOptions{
		Roots:         x509.NewCertPool(),
		Intermediates: x509.NewCertPool(),
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	}
	if roots == "" {
		options.Roots.AddCert(chain[0])
	} else if !options.Roots.AppendCertsFromPEM([]byte(roots)) {
		return errors.New("no root that can be read")
	}
	for _, one := range chain[1:] {
		options.Intermediates.AddCert(one)
	}
	if names := chain[0].DNSNames; len(names) > 0 && !strings.HasPrefix(names[0], "*") {
		options.DNSName = names[0]
	}
	// What Go has no words for it leaves to its callers: a name of another type beside ones that it knows is none.
	_, err := chain[0].Verify(options)
	return err
}

func belongs(text string, leaf *x509.Certificate) error {
	if text == "" {
		return nil
	}
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return errors.New("no key")
	}
	parsers := map[string]func([]byte) (any, error){
		"PRIVATE KEY":     func(der []byte) (any, error) { return x509.ParsePKCS8PrivateKey(der) },
		"EC PRIVATE KEY":  func(der []byte) (any, error) { return x509.ParseECPrivateKey(der) },
		"RSA PRIVATE KEY": func(der []byte) (any, error) { return x509.ParsePKCS1PrivateKey(der) },
	}
	parse, known := parsers[block.Type]
	if !known {
		return fmt.Errorf("a key of type %s", block.Type)
	}
	key, err := parse(block.Bytes)
	if err != nil {
		return err
	}
	public, err := x509.MarshalPKIXPublicKey(key.(crypto.Signer).Public())
	if err != nil {
		return err
	}
	if !bytes.Equal(public, leaf.RawSubjectPublicKeyInfo) {
		return errors.New("the key of another certificate")
	}
	return nil
}

func fulfils(text string, leaf *x509.Certificate) error {
	if text == "" {
		return nil
	}
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return errors.New("no request")
	}
	request, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return err
	}
	if err := request.CheckSignature(); err != nil {
		return err
	}
	if !bytes.Equal(request.RawSubject, leaf.RawSubject) {
		return fmt.Errorf("requested is the subject %s", request.Subject)
	}
	if !bytes.Equal(request.RawSubjectPublicKeyInfo, leaf.RawSubjectPublicKeyInfo) {
		return errors.New("another key was requested")
	}
	asked := x509.Certificate{
		EmailAddresses: request.EmailAddresses,
		IPAddresses:    request.IPAddresses,
		URIs:           request.URIs,
	}
	if a, b := namesOf(request.DNSNames, &asked), namesOf(leaf.DNSNames, leaf); fmt.Sprint(a) != fmt.Sprint(b) {
		return fmt.Errorf("requested are %v", a)
	}
	return nil
}

func namesOf(dnsNames []string, others *x509.Certificate) []string {
	all := append([]string{}, dnsNames...)
	all = append(all, others.EmailAddresses...)
	for _, one := range others.IPAddresses {
		all = append(all, one.String())
	}
	for _, one := range others.URIs {
		all = append(all, one.String())
	}
	sort.Strings(all)
	return all
}
