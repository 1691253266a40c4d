import { type MessageCodec, messageCodec } from './protobuf';

/** The part of ONNX's schema that a network needs: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto */
const schema = `
  syntax = "proto3";
  message ModelProto {
    int64 ir_version = 1;
    string producer_name = 2;
    GraphProto graph = 7;
    repeated OperatorSetIdProto opset_import = 8;
    repeated StringStringEntryProto metadata_props = 14;
  }
  message OperatorSetIdProto { string domain = 1; int64 version = 2; }
  message StringStringEntryProto { string key = 1; string value = 2; }
  message GraphProto {
    repeated NodeProto node = 1;
    string name = 2;
    repeated TensorProto initializer = 5;
    repeated ValueInfoProto input = 11;
    repeated ValueInfoProto output = 12;
  }
  message NodeProto {
    repeated string input = 1;
    repeated string output = 2;
    string name = 3;
    string op_type = 4;
    repeated AttributeProto attribute = 5;
  }
  message AttributeProto {
    string name = 1;
    oneof value { float f = 2; int64 i = 3; } // a oneof, so that 0 is written too
    repeated int64 ints = 8;
    int32 type = 20;
  }
  message TensorProto {
    repeated int64 dims = 1;
    int32 data_type = 2;
    string name = 8;
    bytes raw_data = 9;
  }
  message ValueInfoProto { string name = 1; TypeProto type = 2; }
  message TypeProto {
    message Tensor { int32 elem_type = 1; TensorShapeProto shape = 2; }
    Tensor tensor_type = 1;
  }
  message TensorShapeProto {
    message Dimension { oneof value { int64 dim_value = 1; string dim_param = 2; } }
    repeated Dimension dim = 1;
  }
`;

export interface OnnxModel {
  readonly ir_version: number;
  readonly producer_name: string;
  readonly opset_import: readonly { readonly domain: string; readonly version: number }[];
  readonly metadata_props: readonly { readonly key: string; readonly value: string }[];
  readonly graph: OnnxGraph;
}

export interface OnnxGraph {
  readonly name: string;
  readonly node: readonly OnnxNode[];
  readonly initializer: readonly OnnxTensor[];
  readonly input: readonly OnnxValue[];
  readonly output: readonly OnnxValue[];
}

export interface OnnxNode {
  readonly op_type: string;
  readonly name: string;
  /** Names of initializers, of the graph's inputs and of other nodes' outputs. */
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly OnnxAttribute[];
}

export interface OnnxAttribute {
  readonly name: string;
  readonly type: number;
  readonly f?: number;
  readonly i?: number;
  readonly ints?: readonly number[];
}

export interface OnnxTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly data_type: number;
  /** Little-endian. */
  readonly raw_data: Uint8Array;
}

/** What is known of an input or output before it is computed. */
export interface OnnxValue {
  readonly name: string;
  readonly type: {
    readonly tensor_type: {
      readonly elem_type: number;
      readonly shape: {
        readonly dim: readonly { readonly dim_value?: number; readonly dim_param?: string }[];
      };
    };
  };
}

/** ONNX's numbers for its types of elements and of attributes: `TensorProto.DataType`, `AttributeProto.AttributeType`. */
export const dataType = { float: 1, int64: 7 } as const;
export const attributeType = { float: 1, int: 2, ints: 7 } as const;

/** Between `ModelProto`, which is what an `.onnx` file holds, and bytes. */
export function onnxCodec(): MessageCodec<OnnxModel> {
  return messageCodec(schema, { name: 'ModelProto' });
}
