import { type MessageCodec, messageCodec } from './protobuf';

/** The part of TensorFlow's schemas that a network needs: https://github.com/tensorflow/tensorflow/tree/master/tensorflow/core/protobuf */
const schema = `
  syntax = "proto3";
  message SavedModel { int64 saved_model_schema_version = 1; repeated MetaGraphDef meta_graphs = 2; }
  message MetaGraphDef {
    message MetaInfoDef { repeated string tags = 4; bool stripped_default_attrs = 7; }
    MetaInfoDef meta_info_def = 1;
    GraphDef graph_def = 2;
    map<string, SignatureDef> signature_def = 5;
  }
  message SignatureDef {
    map<string, TensorInfo> inputs = 1;
    map<string, TensorInfo> outputs = 2;
    string method_name = 3;
  }
  message TensorInfo { string name = 1; int32 dtype = 2; TensorShapeProto tensor_shape = 3; }
  message TensorShapeProto {
    message Dim { int64 size = 1; }
    repeated Dim dim = 2;
  }
  message GraphDef { repeated NodeDef node = 1; VersionDef versions = 4; }
  message VersionDef { int32 producer = 1; }
  message NodeDef {
    string name = 1;
    string op = 2;
    repeated string input = 3;
    map<string, AttrValue> attr = 5;
  }
  message AttrValue {
    message ListValue { repeated int64 i = 3; }
    oneof value {
      bytes s = 2;
      int64 i = 3;
      float f = 4;
      bool b = 5;
      int32 type = 6;
      TensorShapeProto shape = 7;
      TensorProto tensor = 8;
      ListValue list = 1;
    }
  }
  message TensorProto {
    int32 dtype = 1;
    TensorShapeProto tensor_shape = 2;
    bytes tensor_content = 4;
    repeated bytes string_val = 8;
  }
`;

export interface SavedModel {
  readonly saved_model_schema_version: number;
  readonly meta_graphs: readonly MetaGraph[];
}

export interface MetaGraph {
  readonly meta_info_def: { readonly tags: readonly string[]; readonly stripped_default_attrs: boolean };
  readonly graph_def: {
    readonly node: readonly TensorflowNode[];
    readonly versions: { readonly producer: number };
  };
  readonly signature_def: Readonly<Record<string, Signature>>;
}

/** What one can ask of a model: names for tensors of its graph. */
export interface Signature {
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  readonly outputs: Readonly<Record<string, TensorInfo>>;
  readonly method_name: string;
}

export interface TensorInfo {
  /** "node:output" */
  readonly name: string;
  readonly dtype: number;
  readonly tensor_shape: TensorShape;
}

/** -1 is any size. */
export interface TensorShape {
  readonly dim: readonly { readonly size: number }[];
}

export interface TensorflowNode {
  readonly name: string;
  readonly op: string;
  /** "node", its first output, or "node:output". */
  readonly input: readonly string[];
  readonly attr: Readonly<Record<string, TensorflowAttribute>>;
}

/** One of these. */
export interface TensorflowAttribute {
  readonly s?: Uint8Array;
  readonly i?: number;
  readonly f?: number;
  readonly b?: boolean;
  readonly type?: number;
  readonly shape?: TensorShape;
  readonly tensor?: {
    readonly dtype: number;
    readonly tensor_shape: TensorShape;
    /** Little-endian. */
    readonly tensor_content?: Uint8Array;
    readonly string_val?: readonly Uint8Array[];
  };
  readonly list?: { readonly i: readonly number[] };
}

/** TensorFlow's numbers for its types: tensorflow/core/framework/types.proto */
export const dataType = { float: 1, int32: 3, string: 7 } as const;

/** Between `SavedModel`, which is what `saved_model.pb` holds, and bytes. */
export function savedModelCodec(): MessageCodec<SavedModel> {
  return messageCodec(schema, { name: 'SavedModel' });
}
