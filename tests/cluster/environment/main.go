// The environment that a kubelet gives to containers for a list of Services, by the kubelet's own function: a
// ServiceList on standard input, an object of variables on standard output.
package main

import (
	"encoding/json"
	"log"
	"os"

	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/kubelet/envvars"
)

func main() {
	var list v1.ServiceList
	if err := json.NewDecoder(os.Stdin).Decode(&list); err != nil {
		log.Fatal(err)
	}
	services := make([]*v1.Service, 0, len(list.Items))
	for i := range list.Items {
		services = append(services, &list.Items[i])
	}
	variables := map[string]string{}
	for _, variable := range envvars.FromServices(services) {
		variables[variable.Name] = variable.Value
	}
	if err := json.NewEncoder(os.Stdout).Encode(variables); err != nil {
		log.Fatal(err)
	}
}
