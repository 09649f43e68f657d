// Package kubernetes_test holds the manifests of deploy/kubernetes to the API of
// Kubernetes and to what the systemd unit gives.
package kubernetes_test

import (
	"io/fs"
	"slices"
	"testing"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	network "k8s.io/api/networking/v1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// installation is what kustomize makes of the folder, decoded strictly: a key that
// Kubernetes does not know is an error.
type installation struct {
	namespace core.Namespace
	account   core.ServiceAccount
	configs   []core.ConfigMap
	service   core.Service
	policy    network.NetworkPolicy
	set       apps.StatefulSet
	monitor   monitoring.ServiceMonitor
}

// build makes an installation as an overlay of a user's would, with all components.
func build(t *testing.T) installation {
	t.Helper()
	dir := t.TempDir()
	disk := filesys.MakeFsOnDisk()
	overlay := `{apiVersion: kustomize.config.k8s.io/v1beta1, kind: Kustomization, namespace: okta-walkme-agent,
resources: [base], components: [base/prometheus, base/litestream]}`
	for _, err := range []error{
		copyTree(disk, "../../deploy/kubernetes", dir+"/base"),
		disk.WriteFile(dir+"/kustomization.yaml", []byte(overlay)),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	options := krusty.MakeDefaultOptions()
	options.LoadRestrictions = types.LoadRestrictionsRootOnly
	resources, err := krusty.MakeKustomizer(options).Run(disk, dir)
	if err != nil {
		t.Fatalf("kustomize: %v", err)
	}
	var out installation
	targets := map[string]any{
		"Namespace": &out.namespace, "ServiceAccount": &out.account, "Service": &out.service,
		"NetworkPolicy": &out.policy, "StatefulSet": &out.set, "ServiceMonitor": &out.monitor,
	}
	for _, r := range resources.Resources() {
		text, err := r.AsYAML()
		if err != nil {
			t.Fatal(err)
		}
		if r.GetKind() == "ConfigMap" {
			var config core.ConfigMap
			if err := yaml.UnmarshalStrict(text, &config); err != nil {
				t.Errorf("ConfigMap: %v", err)
			}
			out.configs = append(out.configs, config)
			continue
		}
		target := targets[r.GetKind()]
		if target == nil {
			t.Fatalf("there is a %s, which is not expected", r.GetKind())
		}
		if err := yaml.UnmarshalStrict(text, target); err != nil {
			t.Errorf("%s: %v", r.GetKind(), err)
		}
		delete(targets, r.GetKind())
	}
	for kind := range targets {
		t.Errorf("there is no %s", kind)
	}
	return out
}

func copyTree(disk filesys.FileSystem, from, to string) error {
	return disk.Walk(from, func(path string, info fs.FileInfo, err error) error {
		if err != nil {
			return err
		}
		target := to + path[len(from):]
		if info.IsDir() {
			return disk.MkdirAll(target)
		}
		data, err := disk.ReadFile(path)
		if err != nil {
			return err
		}
		return disk.WriteFile(target, data)
	})
}

// TestNothingIsLoose holds the pod to what DynamicUser and its neighbours give under
// systemd, and to the restricted standard that the namespace enforces.
func TestNothingIsLoose(t *testing.T) {
	in := build(t)
	pod := in.set.Spec.Template.Spec
	for _, c := range slices.Concat(pod.InitContainers, pod.Containers) {
		if s := c.SecurityContext; !*s.ReadOnlyRootFilesystem || *s.AllowPrivilegeEscalation || !slices.Equal(s.Capabilities.Drop, []core.Capability{"ALL"}) {
			t.Errorf("%s has rights that it does not need: %v", c.Name, s)
		}
		if c.Resources.Limits.Memory().IsZero() {
			t.Errorf("%s: memory is not bounded", c.Name)
		}
	}
	for what, ok := range map[string]bool{
		"the namespace enforces the restricted standard": in.namespace.Labels["pod-security.kubernetes.io/enforce"] == "restricted",
		"the pod must not run as root":                   *pod.SecurityContext.RunAsNonRoot && *pod.SecurityContext.RunAsUser == 65532,
		"the state is the agent's group's":               *pod.SecurityContext.FSGroup == 65532,
		"system calls are filtered":                      pod.SecurityContext.SeccompProfile.Type == core.SeccompProfileTypeRuntimeDefault,
		"Kubernetes' API is not reachable by a token":    !*pod.AutomountServiceAccountToken && !*in.account.AutomountServiceAccountToken,
		"the network is bounded":                         len(in.policy.Spec.Egress) == 2 && len(in.policy.Spec.Ingress) == 1,
		"there is time to finish":                        *pod.TerminationGracePeriodSeconds >= 90,
	} {
		if !ok {
			t.Errorf("not true: %s", what)
		}
	}
}

// TestThereIsOneAgent: the state belongs to one process.
func TestThereIsOneAgent(t *testing.T) {
	in := build(t)
	if *in.set.Spec.Replicas != 1 {
		t.Errorf("replicas = %d", *in.set.Spec.Replicas)
	}
	modes := in.set.Spec.VolumeClaimTemplates[0].Spec.AccessModes
	if len(modes) != 1 || modes[0] != core.ReadWriteOncePod {
		t.Errorf("access modes = %v", modes)
	}
}

// TestVolumesAreThere looks for a volume behind each mount, and for mounts where the
// program writes.
func TestVolumesAreThere(t *testing.T) {
	in := build(t)
	pod := in.set.Spec.Template.Spec
	volumes := map[string]bool{}
	for _, v := range pod.Volumes {
		volumes[v.Name] = true
		if v.ConfigMap != nil && !slices.ContainsFunc(in.configs, func(c core.ConfigMap) bool { return c.Name == v.ConfigMap.Name }) {
			t.Errorf("there is no ConfigMap %s", v.ConfigMap.Name)
		}
		if v.Secret != nil && *v.Secret.DefaultMode&0o007 != 0 {
			t.Errorf("everybody reads the secrets: %o", *v.Secret.DefaultMode)
		}
	}
	for _, v := range in.set.Spec.VolumeClaimTemplates {
		volumes[v.Name] = true
	}
	writable := map[string]bool{}
	for _, m := range pod.Containers[0].VolumeMounts {
		writable[m.MountPath] = !m.ReadOnly
	}
	for _, c := range slices.Concat(pod.InitContainers, pod.Containers) {
		for _, m := range c.VolumeMounts {
			if !volumes[m.Name] {
				t.Errorf("%s: there is no volume %s for %s", c.Name, m.Name, m.MountPath)
			}
		}
	}
	for path, want := range map[string]bool{
		"/var/lib/okta-walkme-agent": true, "/run/okta-walkme-agent": true, "/tmp": true,
		"/etc/okta-walkme-agent": false, "/run/secrets/okta-walkme-agent": false,
	} {
		if got, ok := writable[path]; !ok || got != want {
			t.Errorf("%s: mounted %t, writable %t, want %t", path, ok, got, want)
		}
	}
}

// TestMonitorsFindTheAgent follows the monitor's selector and port to the pod.
func TestMonitorsFindTheAgent(t *testing.T) {
	in := build(t)
	for key, value := range in.monitor.Spec.Selector.MatchLabels {
		if in.service.Labels[key] != value {
			t.Errorf("the service's label %s is %q, not %q", key, in.service.Labels[key], value)
		}
	}
	for key, value := range in.service.Spec.Selector {
		if in.set.Spec.Template.Labels[key] != value {
			t.Errorf("the pod's label %s is %q, not %q", key, in.set.Spec.Template.Labels[key], value)
		}
	}
	port := in.service.Spec.Ports[0]
	if in.monitor.Spec.Endpoints[0].Port != port.Name || port.TargetPort.StrVal != in.set.Spec.Template.Spec.Containers[0].Ports[0].Name {
		t.Errorf("the monitor's port %q does not lead to the pod's", in.monitor.Spec.Endpoints[0].Port)
	}
	if port.Port != in.policy.Spec.Ingress[0].Ports[0].Port.IntVal {
		t.Errorf("the network policy lets monitors to another port than %d", port.Port)
	}
}
