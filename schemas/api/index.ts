// The API for programs: services and messages, generated from the .proto files in this folder.
export * from './signalbox/v1/clients_pb.js';
export * from './signalbox/v1/common_pb.js';
export * from './signalbox/v1/events_pb.js';
export * from './signalbox/v1/jobs_pb.js';
export * from './signalbox/v1/server_pb.js';
