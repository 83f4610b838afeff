package main

import (
	"context"
	"log"
	"path/filepath"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// provisioner is what StorageClasses name for volumes of this node.
const provisioner = "lab.sekisho.test/local"

// provision makes a folder of this node the volume of a claim whose class asks for it. The folder is there until the
// lab ends, whatever becomes of the claim.
func (h *host) provision(ctx context.Context, claim *v1.PersistentVolumeClaim) {
	if claim.Spec.VolumeName != "" || claim.Spec.StorageClassName == nil || claim.DeletionTimestamp != nil {
		return
	}
	class, err := h.kube.StorageV1().StorageClasses().Get(ctx, *claim.Spec.StorageClassName, metav1.GetOptions{})
	if err != nil || class.Provisioner != provisioner {
		return
	}
	name := "pvc-" + string(claim.UID)
	kind := v1.HostPathDirectoryOrCreate
	volume := &v1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: map[string]string{"pv.kubernetes.io/provisioned-by": provisioner}},
		Spec: v1.PersistentVolumeSpec{
			Capacity:    v1.ResourceList{v1.ResourceStorage: claim.Spec.Resources.Requests[v1.ResourceStorage]},
			AccessModes: claim.Spec.AccessModes, StorageClassName: class.Name,
			PersistentVolumeReclaimPolicy: v1.PersistentVolumeReclaimRetain, VolumeMode: claim.Spec.VolumeMode,
			ClaimRef: &v1.ObjectReference{Kind: "PersistentVolumeClaim", APIVersion: "v1", Namespace: claim.Namespace,
				Name: claim.Name, UID: claim.UID},
			PersistentVolumeSource: v1.PersistentVolumeSource{
				HostPath: &v1.HostPathVolumeSource{Path: filepath.Join(*root, "claims", name), Type: &kind}},
		},
	}
	_, err = h.kube.CoreV1().PersistentVolumes().Create(ctx, volume, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		log.Printf("volume for claim %s/%s: %v", claim.Namespace, claim.Name, err)
	}
}
