package main

import (
	"context"
	"fmt"
	"os"
	"time"

	authentication "k8s.io/api/authentication/v1"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// file is one file of a volume that shows objects.
type file struct {
	content  []byte
	mode     os.FileMode
	uid, gid int
}

// sourcesOf sees every kind of volume that shows objects as a projected one.
func sourcesOf(v *v1.Volume) ([]v1.VolumeProjection, *int32, error) {
	switch {
	case v.Secret != nil:
		return []v1.VolumeProjection{{Secret: &v1.SecretProjection{
			LocalObjectReference: v1.LocalObjectReference{Name: v.Secret.SecretName}, Items: v.Secret.Items,
			Optional: v.Secret.Optional}}}, v.Secret.DefaultMode, nil
	case v.ConfigMap != nil:
		return []v1.VolumeProjection{{ConfigMap: &v1.ConfigMapProjection{
			LocalObjectReference: v.ConfigMap.LocalObjectReference, Items: v.ConfigMap.Items,
			Optional: v.ConfigMap.Optional}}}, v.ConfigMap.DefaultMode, nil
	case v.DownwardAPI != nil:
		return []v1.VolumeProjection{{DownwardAPI: &v1.DownwardAPIProjection{Items: v.DownwardAPI.Items}}},
			v.DownwardAPI.DefaultMode, nil
	case v.Projected != nil:
		return v.Projected.Sources, v.Projected.DefaultMode, nil
	}
	return nil, nil, fmt.Errorf("a lab has no volumes of its kind, see test/lab/README.md")
}

// project reads what the sources name.
func (p *pod) project(ctx context.Context, sources []v1.VolumeProjection, mode *int32) (map[string]file, error) {
	files := map[string]file{}
	for _, s := range sources {
		var err error
		switch {
		case s.Secret != nil:
			var data map[string][]byte
			if data, err = p.secret(ctx, s.Secret.Name, s.Secret.Optional); err == nil {
				err = p.pick(files, data, s.Secret.Items, pickOptions{mode, s.Secret.Optional})
			}
		case s.ConfigMap != nil:
			var data map[string][]byte
			if data, err = p.configMap(ctx, s.ConfigMap.Name, s.ConfigMap.Optional); err == nil {
				err = p.pick(files, data, s.ConfigMap.Items, pickOptions{mode, s.ConfigMap.Optional})
			}
		case s.DownwardAPI != nil:
			for _, item := range s.DownwardAPI.Items {
				files[item.Path] = p.file([]byte(p.downward(item.FieldRef, item.ResourceFieldRef)), item.Mode, mode)
			}
		case s.ServiceAccountToken != nil:
			var token file
			if token, err = p.token(ctx, s.ServiceAccountToken); err == nil {
				files[s.ServiceAccountToken.Path] = token
			}
		default:
			err = fmt.Errorf("a lab knows secret, configMap, downwardAPI and serviceAccountToken in projected volumes")
		}
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}

func (p *pod) secret(ctx context.Context, name string, optional *bool) (map[string][]byte, error) {
	o, err := p.h.kube.CoreV1().Secrets(p.o.Namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, unlessOptional(err, optional)
	}
	return o.Data, nil
}

func (p *pod) configMap(ctx context.Context, name string, optional *bool) (map[string][]byte, error) {
	o, err := p.h.kube.CoreV1().ConfigMaps(p.o.Namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, unlessOptional(err, optional)
	}
	data := map[string][]byte{}
	for key, value := range o.BinaryData {
		data[key] = value
	}
	for key, value := range o.Data {
		data[key] = []byte(value)
	}
	return data, nil
}

func unlessOptional(err error, optional *bool) error {
	if apierrors.IsNotFound(err) && isTrue(optional) {
		return nil
	}
	return err
}

func isTrue(flag *bool) bool { return flag != nil && *flag }

type pickOptions struct {
	mode     *int32
	optional *bool
}

// pick takes the keys that items name, or all.
func (p *pod) pick(files map[string]file, data map[string][]byte, items []v1.KeyToPath, options pickOptions) error {
	if len(items) == 0 {
		for key, value := range data {
			files[key] = p.file(value, nil, options.mode)
		}
	}
	for _, item := range items {
		value, there := data[item.Key]
		if !there {
			if isTrue(options.optional) {
				continue
			}
			return fmt.Errorf("there is no key %s", item.Key)
		}
		files[item.Path] = p.file(value, item.Mode, options.mode)
	}
	return nil
}

// file applies modes and the pod's group as kubelet does: who may read as owner may read as group.
func (p *pod) file(content []byte, own, otherwise *int32) file {
	mode := os.FileMode(0o644)
	if otherwise != nil {
		mode = os.FileMode(*otherwise)
	}
	if own != nil {
		mode = os.FileMode(*own)
	}
	f := file{content: content, mode: mode & os.ModePerm}
	if group := p.fsGroup(); group >= 0 {
		f.gid = group
		f.mode |= 0o440
	}
	return f
}

// defaultTokenSeconds is the life of a token that says none.
const defaultTokenSeconds = 3600

func (p *pod) token(ctx context.Context, t *v1.ServiceAccountTokenProjection) (file, error) {
	life := int64(defaultTokenSeconds)
	if t.ExpirationSeconds != nil {
		life = *t.ExpirationSeconds
	}
	if known, ok := p.tokens[t.Path]; ok && time.Now().Before(known.renew) {
		return known.file, nil
	}
	request := &authentication.TokenRequest{Spec: authentication.TokenRequestSpec{ExpirationSeconds: &life,
		BoundObjectRef: &authentication.BoundObjectReference{Kind: "Pod", APIVersion: "v1", Name: p.o.Name, UID: p.o.UID}}}
	if t.Audience != "" {
		request.Spec.Audiences = []string{t.Audience}
	}
	account := p.o.Spec.ServiceAccountName
	if account == "" {
		account = "default"
	}
	answer, err := p.h.kube.CoreV1().ServiceAccounts(p.o.Namespace).CreateToken(ctx, account, request, metav1.CreateOptions{})
	if err != nil {
		return file{}, err
	}
	f := file{content: []byte(answer.Status.Token), mode: 0o600}
	if group := p.fsGroup(); group >= 0 {
		f.mode, f.gid = 0o640, group
	} else if uid, same := p.onlyUser(); same {
		f.uid = uid
	} else {
		f.mode = 0o644
	}
	// As kubelet does it: a new one when a fifth of its life is left.
	p.tokens[t.Path] = issuedToken{f, time.Now().Add(time.Duration(life) * time.Second * 4 / 5)}
	return f, nil
}

type issuedToken struct {
	file  file
	renew time.Time
}

// onlyUser is the user of all of the pod's containers, if they have the same.
func (p *pod) onlyUser() (uid int, same bool) {
	specs := append(append([]v1.Container{}, p.o.Spec.InitContainers...), p.o.Spec.Containers...)
	for i := range specs {
		c := credentialsFor(p.o, &specs[i])
		if i > 0 && c.UID != uid {
			return 0, false
		}
		uid = c.UID
	}
	return uid, true
}
